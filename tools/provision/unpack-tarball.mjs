import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';

/** Unpacks a .tar.gz into `folder`, without its outermost folder, with the system's tar. */
export function unpackTarball(file, folder) {
  mkdirSync(folder, { recursive: true });
  const { status, stderr, error } = spawnSync('tar', ['-xzf', file, '-C', folder, '--strip-components=1', '--no-same-owner'], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`${file} could not be unpacked: ${error?.message ?? stderr.trim()}`);
}

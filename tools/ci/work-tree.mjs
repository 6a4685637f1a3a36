import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryRoot } from '../start/install.mjs';

export const git = (...args) => spawnSync('git', args, { cwd: repositoryRoot, encoding: 'utf8', maxBuffer: 64 << 20 });

/** Whether these sources are a checkout. One that git refuses, because somebody else owns it, for example, is a failure and not "no": checks would be passed over. */
export function isWorkTree() {
  if (!existsSync(join(repositoryRoot, '.git'))) return false;
  const asked = git('rev-parse', '--is-inside-work-tree');
  if (asked.status !== 0) throw new Error(`git does not read ${repositoryRoot}: ${(asked.stderr ?? asked.error?.message ?? '').trim()}`);
  return true;
}

/** Ends as the work says; what it throws is a failure that is said in a line. */
export function endAs(work) {
  try {
    process.exitCode = work();
  } catch (error) {
    console.error(`error: ${error.message}`);
    process.exitCode = 1;
  }
}

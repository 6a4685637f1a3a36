import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeIf } from '@smartant/test-servers';
import { LocalSession } from '../files/fixtures/local-session';
import type { RemoteProcess } from '../session/host-session';
import { CHUNK_BYTES } from './block-volume';
import { hashChunks } from './chunk-hashes';
import { LoopVolume, whyNoLoops } from './fixtures/loop-volume';
import { UsedChunks } from './used-chunks';

const { signal } = new AbortController();

describeIf(whyNoLoops(), 'hashes of chunks', () => {
  let folder: string;
  let volume: LoopVolume;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'smartant-hashes-'));
    volume = LoopVolume.make(join(folder, 'volume'), 2 * CHUNK_BYTES + 4096);
    volume.makeFileSystem();
  });

  afterEach(() => {
    volume.remove();
    rmSync(folder, { recursive: true, force: true });
  });

  /** `programs`: scripts that stand before those of this machine. */
  async function hashes(programs: Record<string, string>, { stderrCut = false } = {}): Promise<string[]> {
    mkdirSync(join(folder, 'programs'));
    for (const [name, script] of Object.entries(programs))
      writeFileSync(join(folder, 'programs', name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    const told = (process: RemoteProcess) => void (process.done = process.done.then((end) => ({ ...end, stderrCut })));
    const session = new LocalSession((_command, process) => told(process), { PATH: `${join(folder, 'programs')}:${process.env['PATH']}` });
    const chunks = UsedChunks.all(2 * CHUNK_BYTES + 4096).chunks();
    const found: string[] = [];
    for await (const hash of hashChunks({ session, device: volume.device, side: 'source' }, chunks, signal)) found.push(hash);
    return found;
  }
  const expected = () =>
    [0, 1, 2].map((index) =>
      createHash('sha256')
        .update(readFileSync(volume.device).subarray(index * CHUNK_BYTES, (index + 1) * CHUNK_BYTES))
        .digest('hex'),
    );

  it.each([
    ['whatever is quickest here', {}],
    ['coreutils, where there is no openssl', { openssl: 'exit 127' }],
    ['coreutils, where openssl is too old to say it alike', { openssl: 'echo "(stdin)= e3b0c442"' }],
    ['openssl, where coreutils does without it', { sha256sum: 'echo slow', ldd: 'echo libc.so.6' }],
    [
      'coreutils, where it has libcrypto itself',
      { openssl: `[ -e "$0.asked" ] && echo no || { : >"$0.asked"; echo e3b0c442; }`, ldd: 'echo libcrypto.so.3' },
    ],
  ])('are those of their bytes, by %s', async (_by, programs) => {
    expect(await hashes(programs)).toEqual(expected());
  });

  it('are not told of what cannot be read', async () => {
    await expect(hashes({ dd: 'echo "dd: error reading: Input/output error" >&2; exit 1' })).rejects.toMatchObject({
      code: 'HOST_VOLUME_UNREADABLE',
    });
  });

  it('are not trusted where not all is heard that was said of them: that one could not be read, perhaps', async () => {
    await expect(hashes({}, { stderrCut: true })).rejects.toMatchObject({ code: 'HOST_CHUNKS_FAILED', retryable: true });
  });
});

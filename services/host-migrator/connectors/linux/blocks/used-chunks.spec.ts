import { Readable, Writable } from 'node:stream';
import type { HostSession } from '../session/host-session';
import { CHUNK_BYTES } from './block-volume';
import { readUsedChunks } from './read-used-chunks';
import { FreeSpace, UsedChunks } from './used-chunks';

const { signal } = new AbortController();
const numbers = (used: UsedChunks | null) => used && [...used.chunks()].map(({ index }) => index);

/** A host whose tool tells this. */
const telling = (text: string, exitCode = 0) =>
  ({
    stream: async () => ({
      stdin: new Writable({ write: (_chunk, _encoding, done) => done() }),
      stdout: Readable.from([text]),
      done: Promise.resolve({ exitCode, stderr: '' }),
      kill: () => undefined,
    }),
  }) as unknown as HostSession;

/** As dumpe2fs 1.47 tells of blocks of 1 KiB. */
const EXT = `Filesystem features:      has_journal ext_attr extent 64bit
Block size:               1024
  Free blocks: 4385-8192
  Free blocks: 8193-12288, 12290-16384
  Free blocks: 16385-20479
  Free blocks: \n`;

/** As xfs_db 6.1 tells, with its histogram. */
const XFS = `blocksize = 4096
agblocks = 2048
   agno    agbno      len
       0     1000     1048
       1        0     1024
       1     1536      256
   from      to extents  blocks    pct
   1024    2048       2    2072  89.27
`;

describe('chunks that are in use', () => {
  it('are all but those that are free as a whole', () => {
    const free = new FreeSpace(4 * CHUNK_BYTES + 512);
    free.add(CHUNK_BYTES - 1_024, 2 * CHUNK_BYTES);
    free.add(4 * CHUNK_BYTES, 512);
    const used = UsedChunks.without(free, 4 * CHUNK_BYTES + 512);
    expect(numbers(used)).toEqual([0, 2, 3]);
    expect([used.count, used.usedBytes, used.total]).toEqual([3, 3 * CHUNK_BYTES, 5]);
    expect([...used.chunks(3)]).toEqual([{ index: 3, offset: 3 * CHUNK_BYTES, bytes: CHUNK_BYTES }]);
    expect(numbers(UsedChunks.deserialize(used.bytes, used.serialize()))).toEqual([0, 2, 3]);
  });

  it('end with what is left of the volume', () => {
    expect([...UsedChunks.all(CHUNK_BYTES + 512).chunks()].at(-1)).toEqual({ index: 1, offset: CHUNK_BYTES, bytes: 512 });
  });

  it('take little room however large a volume is', () => {
    expect(UsedChunks.all(10 * 1024 ** 4).serialize().length).toBeLessThan(1_000);
  });

  it('are told by dumpe2fs, whose ranges end at its groups', async () => {
    const used = await readUsedChunks(telling(EXT), { type: 'ext4', device: '/dev/sda1', bytes: 24 * 1024 ** 2 }, signal);
    // Block 12,289 is in use; the third and the fifth chunk are free in two ranges each.
    expect(numbers(used)).toEqual([0, 1, 3, 5]);
  });

  it('are told by xfs_db, group by group', async () => {
    const used = await readUsedChunks(telling(XFS), { type: 'xfs', device: '/dev/sda1', bytes: 16 * 1024 ** 2 }, signal);
    expect(numbers(used)).toEqual([0, 3]);
  });

  it.each([
    ['a type that tells none', 'btrfs', '', 0],
    ['a tool that is not there', 'ext4', EXT, 127],
    ['clusters', 'ext4', EXT.replace('extent', 'extent bigalloc'), 0],
    ['ranges outside of the volume', 'ext4', EXT.replace('4385-8192', '4385-81920'), 0],
    ['ranges that are told twice', 'ext4', `${EXT}${EXT}`, 0],
    ['numbers before their unit', 'xfs', XFS.replace('blocksize = 4096\n', ''), 0],
  ])('are not known by %s', async (_name, type, text, exitCode) => {
    expect(await readUsedChunks(telling(text, exitCode), { type, device: '/dev/sda1', bytes: 24 * 1024 ** 2 }, signal)).toBeNull();
  });
});

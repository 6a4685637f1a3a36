import type { Command, HostSession } from '../session/host-session';
import { readLines } from './read-lines';
import { FreeSpace, UsedChunks } from './used-chunks';

/** What a filesystem's own tool tells of one device, line by line. */
interface FreeSpaceReader {
  command: (device: string) => Command;
  parse: () => (line: string, free: FreeSpace) => void;
}

/** `dumpe2fs`: its header, then for each group its free blocks, as numbers of the whole filesystem. */
const EXT: FreeSpaceReader = {
  command: (device) => ({
    pipeline: [
      ['dumpe2fs', device],
      ['grep', '-E', '^(Block size|Filesystem features):|^  Free blocks:'],
    ],
  }),
  parse: () => {
    let blockBytes = 0;
    return (line, free) => {
      // Of clusters of blocks versions of dumpe2fs tell different numbers.
      if (/^Filesystem features:.*\bbigalloc\b/.test(line)) throw new RangeError('blocks are given out in clusters');
      blockBytes = Number(/^Block size:\s+(\d+)$/.exec(line)?.[1] ?? blockBytes);
      const ranges = /^ {2}Free blocks: (.*)$/.exec(line)?.[1] ?? '';
      for (const range of ranges.split(',').filter((text) => text.trim() !== '')) {
        const [first = NaN, last = first] = range.split('-').map(Number);
        free.add(first * blockBytes, (last - first + 1) * blockBytes);
      }
    };
  },
};

/** `freesp -d`: a line of three numbers for each free extent, then a histogram. xfs_db reads through the page cache, which is emptied first. */
const XFS: FreeSpaceReader = {
  command: (device) => {
    const script = `blockdev --flushbufs "$1" && exec xfs_db -r -c 'sb 0' -c 'p blocksize agblocks' -c 'freesp -d' "$1"`;
    return ['sh', '-c', script, 'sh', device];
  },
  parse: () => {
    const header = { blocksize: NaN, agblocks: NaN };
    return (line, free) => {
      const [, name, value] = /^(blocksize|agblocks) = (\d+)$/.exec(line) ?? [];
      if (name !== undefined) header[name as keyof typeof header] = Number(value);
      const extent = /^\s+(\d+)\s+(\d+)\s+(\d+)$/.exec(line)?.slice(1).map(Number);
      if (!extent) return;
      const [group = NaN, block = NaN, length = NaN] = extent;
      free.add((group * header.agblocks + block) * header.blocksize, length * header.blocksize);
    };
  },
};

const READERS: Record<string, FreeSpaceReader> = { ext2: EXT, ext3: EXT, ext4: EXT, xfs: XFS };

/**
 * Asks a filesystem which chunks of its device it uses. While it is written to that is how it was a moment ago; of one that is held still it is
 * exact. Null: it cannot be told (a type without such a tool, a tool that is not there, or one that tells what cannot be true).
 */
export async function readUsedChunks(
  session: HostSession,
  { type, device, bytes }: { type: string; device: string; bytes: number },
  signal: AbortSignal,
): Promise<UsedChunks | null> {
  const reader = READERS[type];
  if (!reader) return null;
  const free = new FreeSpace(bytes);
  const running = await session.stream(reader.command(device), { signal });
  running.stdin.end();
  try {
    const add = reader.parse();
    for await (const line of readLines(running.stdout)) add(line, free);
    const { exitCode } = await running.done;
    return exitCode === 0 ? UsedChunks.without(free, bytes) : null;
  } catch (error) {
    running.kill();
    if (error instanceof RangeError) return null;
    throw error;
  }
}

import { open, type FileHandle } from 'node:fs/promises';

const BLOCK = 64 * 1024;
/** One that is longer was not ours: its beginning is given up. */
const LONGEST_LINE = 8 * 1024 * 1024;

/** The lines of a file from its end on, a block at a time: what was written last comes first, and what is older costs nothing. */
export async function* linesBackward(path: string): AsyncGenerator<string> {
  const file = await open(path).catch(() => null);
  if (!file) return;
  try {
    yield* backward(file);
  } finally {
    await file.close();
  }
}

async function* backward(file: FileHandle): AsyncGenerator<string> {
  let at = (await file.stat()).size;
  let rest = Buffer.alloc(0);
  while (at > 0) {
    const length = Math.min(BLOCK, at);
    at -= length;
    const block = Buffer.alloc(length);
    const { bytesRead } = await file.read(block, 0, length, at);
    const joined = Buffer.concat([block.subarray(0, bytesRead), rest]);
    const first = joined.indexOf(10);
    if (first < 0) {
      rest = joined.length > LONGEST_LINE ? Buffer.alloc(0) : joined;
      continue;
    }
    rest = joined.subarray(0, first);
    let end = joined.length;
    for (let newline = joined.lastIndexOf(10); newline >= first; newline = newline === 0 ? -1 : joined.lastIndexOf(10, newline - 1)) {
      if (end > newline + 1) yield joined.toString('utf8', newline + 1, end);
      end = newline;
    }
  }
  if (rest.length > 0) yield rest.toString('utf8');
}

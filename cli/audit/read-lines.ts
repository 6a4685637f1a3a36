import { createReadStream } from 'node:fs';
import { SmartantError } from '@smartant/kernel';

/** An export has no line that is nearly as long: what is longer comes in pieces, of which none is a record. */
const LONGEST_LINE = 1024 * 1024;

/** Lines of a text that is too large to be held. They end with a line feed alone: readline would also end them within a JSON string. */
export async function* linesOf(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8');
  let rest = '';
  for await (const chunk of chunks) {
    rest += decoder.decode(chunk, { stream: true });
    const lines = rest.split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
    if (rest.length <= LONGEST_LINE) continue;
    yield rest;
    rest = '';
  }
  rest += decoder.decode();
  if (rest !== '') yield rest;
}

/** Lines of a file. Raises CLI_FILE_UNREADABLE. */
export async function* linesOfFile(path: string): AsyncGenerator<string> {
  try {
    yield* linesOf(createReadStream(path));
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).syscall === undefined) throw cause;
    throw new SmartantError('CLI_FILE_UNREADABLE', `${path} cannot be read.`, { kind: 'invalid', hint: 'Check the path.', cause });
  }
}

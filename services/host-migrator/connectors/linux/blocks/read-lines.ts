import type { Readable } from 'node:stream';

/** Lines of a command's output as they come; what is behind the last line end is one, too. Raises what the stream does, which `readline` would not. */
export async function* readLines(stdout: Readable): AsyncGenerator<string> {
  let rest = '';
  for await (const piece of stdout) {
    const lines = (rest + (piece as Buffer).toString('latin1')).split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
  }
  if (rest !== '') yield rest;
}

/** The first line, or an empty one where none comes. What follows is read and dropped. */
export function firstLine(stdout: Readable): Promise<string> {
  return new Promise((resolve) => {
    let text = '';
    stdout.on('data', (piece: Buffer) => {
      text = text.includes('\n') ? text : text + piece.toString('latin1');
      if (text.includes('\n')) resolve(text.slice(0, text.indexOf('\n')));
    });
    stdout.once('close', () => resolve(''));
  });
}

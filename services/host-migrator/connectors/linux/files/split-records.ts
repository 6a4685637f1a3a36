/** NUL-terminated records of a stream of bytes, as latin1. What follows the last NUL is a record that was cut off, and raises nothing here. */
export async function* splitRecords(chunks: AsyncIterable<Buffer>): AsyncGenerator<string[]> {
  let rest = '';
  for await (const chunk of chunks) {
    const parts = (rest + chunk.toString('latin1')).split('\0');
    rest = parts.pop() ?? '';
    if (parts.length > 0) yield parts;
  }
}

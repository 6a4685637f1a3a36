import { NULL_VALUE, type Tuple } from '../replication/messages';

const HEADER = 20;
/** Of text. */
export const TEXT_OID = 25;

/**
 * The values of one column of many rows as an array in its binary form (array_recv): a length and bytes for each, which is how the change
 * stream has them, so nothing is escaped, parsed or decoded on the way. `elementOid`: of text, or of the type whose binary form they have.
 */
export function arrayOf(tuples: readonly Tuple[], column: number, elementOid: number): Buffer {
  const [begin, length] = [column * 2, column * 2 + 1];
  let size = HEADER + 4 * tuples.length;
  for (const { spans } of tuples) {
    const bytes = spans[length] ?? NULL_VALUE;
    if (bytes > 0) size += bytes;
  }
  const array = Buffer.allocUnsafe(size);
  let hasNull = 0;
  let at = HEADER;
  for (const { bytes, spans } of tuples) {
    const valueLength = spans[length] ?? NULL_VALUE;
    if (valueLength < 0) {
      hasNull = 1;
      at = array.writeInt32BE(-1, at);
    } else {
      const from = spans[begin] ?? 0;
      bytes.copy(array, at, from - 4, from + valueLength);
      at += 4 + valueLength;
    }
  }
  array.writeInt32BE(tuples.length > 0 ? 1 : 0, 0);
  array.writeInt32BE(hasNull, 4);
  array.writeInt32BE(elementOid, 8);
  array.writeInt32BE(tuples.length, 12);
  array.writeInt32BE(1, 16);
  return array;
}

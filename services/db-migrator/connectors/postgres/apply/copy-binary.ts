import { BINARY, NULL, TEXT } from '../replication/decode-message';
import type { AddedRows } from './added-rows';
import { untoldValue } from './untold-value';

const PIECE_BYTES = 64 << 10;
/** Signature, flags, and the length of what would follow them. */
const HEADER = Buffer.from('PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0', 'latin1');
/** Beyond that, a call costs less than the loop. */
const SHORT = 48;

/**
 * Rows in the binary format of COPY, of these columns (in the order of the rows' own), in pieces: each value has the length and bytes there
 * that it has in the stream. https://www.postgresql.org/docs/18/sql-copy.html#SQL-COPY-FILE-FORMATS
 */
export function copyBinary({ blocks, begins }: AddedRows, columns: readonly number[]): Buffer[] {
  const pieces: Buffer[] = [];
  let piece = Buffer.allocUnsafeSlow(PIECE_BYTES);
  let place = HEADER.copy(piece);
  for (let row = 0; row < begins.length; row += 1) {
    const bytes = blocks[row]!;
    let at = begins[row]! + 2;
    let next = 0;
    for (let column = 0; next < columns.length; column += 1) {
      const kind = bytes[at++];
      const begin = at;
      // Of a type without a binary form text comes, which nobody may ask for here.
      if (kind === BINARY || (kind === TEXT && column !== columns[next]))
        at += 4 + ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!);
      else if (kind !== NULL && column === columns[next]) throw untoldValue(kind);
      if (column !== columns[next]) continue;
      // And what begins a row, or ends them all.
      const most = at - begin + 6;
      if (place + most > piece.length) {
        pieces.push(piece.subarray(0, place));
        piece = Buffer.allocUnsafeSlow(Math.max(PIECE_BYTES, most));
        place = 0;
      }
      if (next === 0) {
        piece[place++] = columns.length >> 8;
        piece[place++] = columns.length & 0xff;
      }
      next += 1;
      if (kind === NULL) for (let byte = 0; byte < 4; byte += 1) piece[place++] = 0xff;
      else if (at - begin > SHORT) place += bytes.copy(piece, place, begin, at);
      else for (let index = begin; index < at; index += 1) piece[place++] = bytes[index]!;
    }
  }
  pieces.push(piece.subarray(0, place), END);
  return pieces;
}

const END = Buffer.from([0xff, 0xff]);

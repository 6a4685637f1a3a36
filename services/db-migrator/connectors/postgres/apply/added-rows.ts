import { decodeTuple } from '../replication/decode-message';
import type { Tuple } from '../replication/messages';

/**
 * Rows that are added to one table, one after the other, as they came. Two lists, with no object for each row: of a backlog of inserts what the
 * collector had to keep and move was more than the work itself.
 */
export class AddedRows {
  constructor(
    /** What each row is in; many have the same. */
    readonly blocks: Buffer[] = [],
    /** Where each row begins in its block (TupleData). */
    readonly begins: number[] = [],
  ) {}

  get count(): number {
    return this.begins.length;
  }

  push(block: Buffer, begin: number): void {
    this.blocks.push(block);
    this.begins.push(begin);
  }

  append({ blocks, begins }: AddedRows): void {
    for (let row = 0; row < begins.length; row += 1) this.push(blocks[row]!, begins[row]!);
  }

  slice(from: number, to: number): AddedRows {
    return new AddedRows(this.blocks.slice(from, to), this.begins.slice(from, to));
  }

  row(index: number): Tuple {
    return decodeTuple(this.blocks[index]!, this.begins[index]!);
  }

  tuples(): Tuple[] {
    return this.begins.map((_, index) => this.row(index));
  }
}

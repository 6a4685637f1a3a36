import type { TableName } from '../catalog/catalog';
import { NULL, UNCHANGED } from '../replication/decode-message';
import { NULL_VALUE, UNCHANGED_VALUE, type RelationMessage, type Tuple, type ValueForm } from '../replication/messages';

/**
 * How a table's changes may be shared out to several appliers. `row`: rows are independent of each other, and one applier gets all changes of
 * a row. `table`: one applier gets all changes of the table. `none`: nothing else may be written meanwhile.
 */
export type Split = 'row' | 'table' | 'none';

/** Where the changes of a source's table go. */
export interface TargetTable {
  /** "schema.table" at the source. */
  unit: string;
  source: TableName;
  target: TableName;
  /** r: ordinary or a partition, p: partitioned (the target has other partitions than the source). */
  kind: 'r' | 'p';
  /** In the source's order. Null: not moved (generated at the target). */
  columns: (TargetColumn | null)[];
  /** Which columns name a row, by their place; empty: none do, all of them have to be compared. */
  key: number[];
  /** Tells statements of one shape of the table from those of another. */
  shape: number;
  split: Split;
  /** Form of the values that come: in binary form only where they mean the same at the target. */
  form: ValueForm;
  /** Of the target's name. */
  nameHash: number;
  relation: RelationMessage;
}

export interface TargetColumn {
  name: string;
  /** Qualified and quoted, without a modifier: "pg_catalog.numeric". */
  type: string;
  typeOid: number;
  isEnum: boolean;
  /** GENERATED ALWAYS AS IDENTITY: may be inserted, not updated. */
  isAlways: boolean;
  /** Schema of its equality operator, quoted; null: the type has none. */
  equality: string | null;
}

/** The bytes that name a row, as a text that equals only itself; undefined when one of them is not told. */
export function keyOf({ key }: TargetTable, { bytes, spans }: Tuple): string | undefined {
  let text = '';
  for (const column of key) {
    const length = spans[column * 2 + 1] ?? NULL_VALUE;
    if (length < 0) return undefined;
    const begin = spans[column * 2] ?? 0;
    // With the length that stands before each value.
    text += bytes.toString('latin1', begin - 4, begin + length);
  }
  return text;
}

export function isUnchanged(tuple: Tuple, column: number): boolean {
  return tuple.spans[column * 2 + 1] === UNCHANGED_VALUE;
}

/** As it came. */
export function bytesOf(tuple: Tuple, column: number): Buffer | null {
  const begin = tuple.spans[column * 2] ?? 0;
  const length = tuple.spans[column * 2 + 1] ?? NULL_VALUE;
  return length < 0 ? null : tuple.bytes.subarray(begin, begin + length);
}

export function valueOf(tuple: Tuple, column: number): string | null {
  const begin = tuple.spans[column * 2] ?? 0;
  const length = tuple.spans[column * 2 + 1] ?? NULL_VALUE;
  return length < 0 ? null : tuple.bytes.toString('utf8', begin, begin + length);
}

/** The newer row, with the older one's values where the newer does not tell them. */
export function mergedTuple(older: Tuple, newer: Tuple): Tuple {
  if (!newer.isPartial) return newer;
  const { spans: told } = newer;
  const sides: Tuple[] = [];
  let size = 2;
  for (let column = 0; column * 2 < told.length; column += 1) {
    const from = isUnchanged(newer, column) ? older : newer;
    sides.push(from);
    size += 5 + Math.max(0, from.spans[column * 2 + 1] ?? NULL_VALUE);
  }
  // In the stream's own form, as rows are that came whole.
  const bytes = Buffer.allocUnsafe(size);
  const spans: number[] = [];
  let at = bytes.writeInt16BE(sides.length);
  sides.forEach((side, column) => {
    const begin = side.spans[column * 2] ?? 0;
    const length = side.spans[column * 2 + 1] ?? NULL_VALUE;
    if (length < 0) {
      bytes[at++] = length === UNCHANGED_VALUE ? UNCHANGED : NULL;
      spans.push(0, length);
    } else {
      side.bytes.copy(bytes, at, begin - 5, begin + length);
      spans.push(at + 5, length);
      at += 5 + length;
    }
  });
  return { bytes, at: 0, spans, isPartial: spans.includes(UNCHANGED_VALUE) };
}

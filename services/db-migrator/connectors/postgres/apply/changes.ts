import type { Tuple } from '../replication/messages';
import { AddedRows } from './added-rows';
import type { TargetTable } from './target-table';

/** One change of the source, or rows that it added to a table one after the other; in its order. */
export type Change =
  | { kind: 'insert'; table: TargetTable; rows: AddedRows }
  /** `old`: the row that was, as far as it is told; null: the key is as in `row`. */
  | { kind: 'update'; table: TargetTable; old: Tuple | null; row: Tuple }
  | { kind: 'delete'; table: TargetTable; old: Tuple }
  | { kind: 'truncate'; tables: TargetTable[]; restartsIdentities: boolean };

/** A row that was added after all of them. `begin`: of the row in `block`. */
export function addRow(changes: Change[], table: TargetTable, block: Buffer, begin: number): void {
  const last = changes.at(-1);
  if (last?.kind === 'insert' && last.table === table) last.rows.push(block, begin);
  else changes.push({ kind: 'insert', table, rows: new AddedRows([block], [begin]) });
}

/** Two halves of what can be done in two steps; undefined: it is one row's, or one truncation. */
export function halvesOf(changes: readonly Change[]): [Change[], Change[]] | undefined {
  const [first] = changes;
  if (changes.length === 1 && first?.kind === 'insert' && first.rows.count > 1) {
    const { rows } = first;
    const middle = rows.count >> 1;
    return [[{ ...first, rows: rows.slice(0, middle) }], [{ ...first, rows: rows.slice(middle, rows.count) }]];
  }
  const middle = changes.length >> 1;
  return changes.length > 1 ? [changes.slice(0, middle), changes.slice(middle)] : undefined;
}

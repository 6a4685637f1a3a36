import type { Tuple } from '../replication/messages';
import { addRow, type Change } from './changes';
import { hashOfKey } from './key-hash';
import { keyOf, type Split, type TargetTable } from './target-table';

/**
 * Shares changes out so that those which depend on each other come to one applier, in their order. Null where one of them stands in the
 * way: a truncation, a changed key of a table whose rows are shared out, a table with triggers.
 */
export function shareChanges(changes: readonly Change[], appliers: number): Change[][] | null {
  const shares = Array.from({ length: appliers }, (): Change[] => []);
  for (const change of changes) {
    if (change.kind === 'insert' && change.table.split === 'row') {
      if (!shareRows(change, shares)) return null;
      continue;
    }
    const applier = change.kind === 'truncate' ? undefined : applierOf(change, change.table.split, appliers);
    if (applier === undefined) return null;
    shares[applier]!.push(change);
  }
  return shares;
}

function shareRows({ table, rows }: Extract<Change, { kind: 'insert' }>, shares: Change[][]): boolean {
  for (let index = 0; index < rows.count; index += 1) {
    const applier = applierOfRow(table, rows.row(index), shares.length);
    if (applier === undefined) return false;
    addRow(shares[applier]!, table, rows.blocks[index]!, rows.begins[index]!);
  }
  return true;
}

/**
 * Undefined: it cannot be given to one of several. Lasting: a crash may come between two calls with the same change. Of rows that were added, where
 * rows are shared out one by one: of the first.
 */
export function applierOf(change: Exclude<Change, { kind: 'truncate' }>, split: Split, appliers: number): number | undefined {
  const { table } = change;
  if (split === 'none') return undefined;
  if (split === 'table') return table.nameHash % appliers;
  if (change.kind === 'insert') return applierOfRow(table, change.rows.row(0), appliers);
  const row = change.kind === 'delete' ? change.old : change.row;
  if (change.kind === 'update' && change.old !== null && keyOf(table, change.old) !== keyOf(table, row)) return undefined;
  return applierOfRow(table, row, appliers);
}

function applierOfRow(table: TargetTable, row: Tuple, appliers: number): number | undefined {
  const hash = hashOfKey(table, row);
  return hash === undefined ? undefined : hash % appliers;
}

import type { Change } from './changes';
import { hashOfKey } from './key-hash';
import { keyOf, type Split } from './target-table';

/**
 * Shares changes out so that those which depend on each other come to one applier, in their order. Null where one of them stands in the
 * way: a truncation, a changed key of a table whose rows are shared out, a table with triggers.
 */
export function shareChanges(changes: readonly Change[], appliers: number): Change[][] | null {
  const shares = Array.from({ length: appliers }, (): Change[] => []);
  for (const change of changes) {
    const applier = change.kind === 'truncate' ? undefined : applierOf(change, change.table.split, appliers);
    if (applier === undefined) return null;
    shares[applier]!.push(change);
  }
  return shares;
}

/** Undefined: it cannot be given to one of several. Lasting: a crash may come between two calls with the same change. */
export function applierOf(change: Exclude<Change, { kind: 'truncate' }>, split: Split, appliers: number): number | undefined {
  const { table } = change;
  if (split === 'none') return undefined;
  if (split === 'table') return table.nameHash % appliers;
  const row = change.kind === 'delete' ? change.old : change.row;
  if (change.kind === 'update' && change.old !== null && keyOf(table, change.old) !== keyOf(table, row)) return undefined;
  const hash = hashOfKey(table.key, row);
  return hash === undefined ? undefined : hash % appliers;
}

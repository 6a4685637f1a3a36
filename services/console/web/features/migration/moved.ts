import type { Schema } from '@smartant/contracts/openapi';

type Kind = Schema<'Migration'>['spec']['kind'];

/** How many of what a kind moves are at the target: objects, rows (with those of the stream) or files. */
export function movedOf(kind: Kind, ledger: Schema<'Ledger'>): number {
  if (kind === 'storage') return ledger.copiedObjects + ledger.unchangedObjects;
  return kind === 'database' ? ledger.copiedRows + ledger.appliedChanges : ledger.copiedFiles + ledger.unchangedFiles;
}

import type { Schema } from '@smartant/contracts/openapi';

/** What one look at the migrations has found: bytes at their targets, by migration. */
export interface Sample {
  atMs: number;
  bytes: ReadonlyMap<string, number>;
}

export interface Point {
  atMs: number;
  bytesPerSecond: number;
}

type Counted = Pick<Schema<'Migration'>, 'id'> & { ledger: Pick<Schema<'Ledger'>, 'copiedBytes'> & { appliedBytes?: number } };

export function sampleOf(migrations: readonly Counted[], atMs: number): Sample {
  return { atMs, bytes: new Map(migrations.map(({ id, ledger }) => [id, ledger.copiedBytes + (ledger.appliedBytes ?? 0)])) };
}

/**
 * How fast all of them were between two looks. A migration that only one look has seen counts for nothing: what it did before is not of this
 * time; nor does a counter that went down, as that of a phase which began anew.
 */
export function pointBetween(before: Sample, after: Sample): Point | undefined {
  const seconds = (after.atMs - before.atMs) / 1_000;
  if (seconds <= 0) return undefined;
  let moved = 0;
  for (const [id, bytes] of after.bytes) moved += Math.max(0, bytes - (before.bytes.get(id) ?? bytes));
  return { atMs: after.atMs, bytesPerSecond: moved / seconds };
}

import type { ReplicatedPlatform } from '../../platform/replicated-platform';
import { persistently } from '../chaos/persistently';
import { LIVE_TABLES } from './live-work';

/** Those that are migrated from the beginning. */
export const FIRST_TABLES = ['bank.account', 'bank.transfer', ...LIVE_TABLES];

/** What the runs of a migration counted, summed by phase; read past every service. */
function countedPhases(platform: ReplicatedPlatform, migrationId: string): Promise<{ phase: string; ledger: Record<string, number> }[]> {
  return platform.query(
    `SELECT phase, jsonb_object_agg(key, total) AS ledger FROM (
       SELECT phase, key, sum(value::numeric) AS total FROM db_migrator.run JOIN db_migrator.shard_run USING (run_id), jsonb_each_text(ledger)
       WHERE run.migration_id = $1 GROUP BY phase, key) AS sums GROUP BY phase`,
    [migrationId],
  );
}

/**
 * What must hold of the counters however often work was taken over: each table and row is copied once, and no transaction is applied twice.
 * A holder that is killed may leave what it applied last uncounted. `firstRows`: of the first tables, when the migration began; `transfers`: all that
 * may have been committed anywhere; `others`: what may have
 * been beside them at the source, of which a table that is copied again may bring a part a second time.
 */
export async function checkCounters(
  platform: ReplicatedPlatform,
  migrationId: string,
  { firstRows, transfers, others }: { firstRows: number; transfers: number; others: { transactions: number; changes: number } },
): Promise<void> {
  const phases = await persistently(() => countedPhases(platform, migrationId));
  const of = (phase: string, counter: string): number => phases.find((counted) => counted.phase === phase)?.ledger[counter] ?? 0;
  const wrong: string[] = [];
  const between = (what: string, is: number, low: number, high: number): void => {
    if (!(is >= low && is <= high)) wrong.push(`${what} is ${is}, not from ${low} to ${high}`);
  };
  between('copied tables', of('full', 'copiedTables'), FIRST_TABLES.length, FIRST_TABLES.length);
  between('copied rows', of('full', 'copiedRows'), firstRows, firstRows + transfers);
  between('quarantined tables', of('full', 'quarantinedTables'), 0, 0);
  const sum = (counter: string, of_: readonly string[]): number => of_.reduce((total, phase) => total + of(phase, counter), 0);
  // A table that is brought in while changes flow reads the log of its copy's time again, and transactions of others are told with it.
  between('transactions applied', sum('appliedTransactions', ['incremental', 'cutover']), 0, 2 * transfers + 2 * others.transactions);
  between('transactions applied back', sum('appliedTransactions', ['reversible', 'rollback']), 0, transfers);
  between('changes applied', sum('appliedChanges', ['incremental', 'cutover']), 0, 3 * transfers + 2 * others.changes);
  for (const { phase, ledger } of phases)
    for (const [counter, count] of Object.entries(ledger)) if (!(count >= 0)) wrong.push(`${counter} of ${phase} is ${count}`);
  if (wrong.length > 0) throw new Error(`the counters of ${migrationId} are absurd: ${wrong.join('; ')}\n${JSON.stringify(phases)}`);
}

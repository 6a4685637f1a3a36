import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ApiMigration, MigrationView } from '../../platform/migration';
import type { ReplicatedPlatform } from '../../platform/replicated-platform';
import type { Expected } from './moving-source';

/** A run that succeeded, with what it counted, as the migrator's own tables have it. */
export interface CountedRun {
  phase: string;
  round: number;
  ledger: Record<string, number>;
}

/** The runs of a migration in order, read past every service. */
export function countedRuns(platform: ReplicatedPlatform, migrationId: string): Promise<CountedRun[]> {
  return platform.query<CountedRun>(
    `SELECT run.phase, run.round, shard_run.ledger FROM storage_migrator.run JOIN storage_migrator.shard_run USING (run_id)
     WHERE run.migration_id = $1 AND run.status = 'succeeded' ORDER BY run.epoch`,
    [migrationId],
  );
}

/** What a trial that was killed leaves until the next one at the same place, two minutes later or more. */
export function isScratch(key: string): boolean {
  return key.startsWith('.smartant-trial-');
}

/**
 * Every key, byte and property; rejects with the first few that differ. Resolves with the number of scratch objects that
 * killed trials left: nobody's data, hidden from every listing, and taken away by the next trial.
 */
export function compareContents(name: string, expected: Map<string, Expected>, arrived: Map<string, Expected>): number {
  const wrong: string[] = [];
  for (const [key, object] of expected) {
    const there = arrived.get(key);
    const same =
      there && Object.entries(object).every(([field, value]) => JSON.stringify(there[field as keyof Expected]) === JSON.stringify(value));
    if (!same) wrong.push(`${key}: ${JSON.stringify(object)} arrived as ${JSON.stringify(there)}`);
  }
  const extra = [...arrived.keys()].filter((key) => !expected.has(key));
  const scratch = extra.filter(isScratch);
  for (const key of extra) if (!scratch.includes(key)) wrong.push(`${key} is at the target alone`);
  if (wrong.length > 0) throw new Error(`${name}: ${wrong.length} objects are wrong:\n${wrong.slice(0, 5).join('\n')}`);
  return scratch.length;
}

/**
 * What the ledgers must add up to when no unit was lost or counted twice: a run lists each object of its source once and
 * settles it in one way, and a verification looks at each object once. Rejects with what does not.
 */
export function checkLedgers(name: string, runs: CountedRun[], { initial, final }: { initial: number; final: number }): void {
  const wrong: string[] = [];
  const expect = (what: string, is: number | undefined, should: number): void => {
    if ((is ?? 0) !== should) wrong.push(`${what} is ${is ?? 0}, not ${should}`);
  };
  for (const { phase, round, ledger } of runs) {
    const settled = ['copied', 'unchanged', 'skipped', 'quarantined'].reduce((sum, way) => sum + (ledger[`${way}Objects`] ?? 0), 0);
    expect(`${phase} ${round}: settled of the listed objects`, settled, ledger['listedObjects'] ?? 0);
    expect(`${phase} ${round}: quarantined`, ledger['quarantinedObjects'], 0);
    if (phase === 'full') expect('full: listed', ledger['listedObjects'], initial);
    if (phase === 'cutover') expect('cutover: listed', ledger['listedObjects'], final);
    if (phase === 'cutover') expect('cutover: verified', ledger['verifiedObjects'], final);
  }
  for (const phase of ['full', 'cutover']) expect(`${phase}: runs that succeeded`, runs.filter((run) => run.phase === phase).length, 1);
  if (wrong.length > 0) throw new Error(`${name}: the ledger does not add up: ${wrong.join('; ')}\n${JSON.stringify(runs)}`);
}

/** The verification says equal, for a frozen source, over as many objects as there are. */
export function checkVerification(name: string, { verification }: MigrationView, objects: number): void {
  const { equal, sourceFrozen, sourceObjects, targetObjects, differenceCount, sourceRoot, targetRoot } = verification!;
  const counts = sourceObjects === objects && targetObjects === objects && differenceCount === 0;
  if (equal && sourceFrozen && counts && sourceRoot === targetRoot) return;
  throw new Error(`${name}: ${objects} objects are not proved equal: ${JSON.stringify(verification)}`);
}

/** As an auditor would: offline, with the key that was pinned at installation. Rejects with what the CLI says of a report that does not verify. */
export async function checkReport(platform: ReplicatedPlatform, migration: ApiMigration): Promise<void> {
  const report = await migration.call('GET', 'report');
  const [file, key] = [join(platform.dataFolder, `${migration.id}.json`), join(platform.dataFolder, 'pinned.pem')];
  writeFileSync(file, JSON.stringify(report));
  writeFileSync(key, platform.reportPublicKeyPem);
  const verified = await platform.cli(['report', 'verify', file, '--key', key]);
  if (verified.status !== 0) throw new Error(`the report of ${migration.id} does not verify: ${verified.stdout}${verified.stderr}`);
}

import type { MigrationView } from '../../platform/migration';
import type { Expected } from './moving-source';

/** A migration with the ledger of each of its runs. */
export type MigrationAtEnd = MigrationView & {
  timings: { phase: string; round: number; outcome?: string; ledger?: Record<string, number> }[];
};

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
  const scratch = extra.filter((key) => key.startsWith('.smartant-trial-'));
  for (const key of extra) if (!scratch.includes(key)) wrong.push(`${key} is at the target alone`);
  if (wrong.length > 0) throw new Error(`${name}: ${wrong.length} objects are wrong:\n${wrong.slice(0, 5).join('\n')}`);
  return scratch.length;
}

/**
 * What a ledger must add up to when no unit was lost or counted twice: a run lists each object of its source once and
 * settles it in one way, and a verification looks at each object once.
 */
export function checkLedger(name: string, done: MigrationAtEnd, objects: number, initialObjects: number): void {
  const wrong: string[] = [];
  const expect = (what: string, is: number | undefined, should: number): void => {
    if (is !== should) wrong.push(`${what} is ${is}, not ${should}`);
  };
  const { verification, timings } = done;
  for (const { phase, round, ledger } of timings) {
    if (!ledger || !['full', 'incremental', 'cutover'].includes(phase)) continue;
    const settled =
      (ledger['copiedObjects'] ?? 0) +
      (ledger['unchangedObjects'] ?? 0) +
      (ledger['skippedObjects'] ?? 0) +
      (ledger['quarantinedObjects'] ?? 0);
    expect(`${phase} ${round}: settled of the listed objects`, settled, ledger['listedObjects'] ?? 0);
    if (phase === 'full') expect('full: listed', ledger['listedObjects'], initialObjects);
    if (phase === 'cutover') expect('cutover: listed', ledger['listedObjects'], objects);
    if (phase === 'cutover') expect('cutover: verified', ledger['verifiedObjects'], objects);
    expect(`${phase} ${round}: quarantined`, ledger['quarantinedObjects'] ?? 0, 0);
  }
  expect('verified source objects', verification?.sourceObjects, objects);
  expect('verified target objects', verification?.targetObjects, objects);
  expect('differences', verification?.differenceCount, 0);
  if (!verification?.equal || !verification.sourceFrozen || verification.sourceRoot !== verification.targetRoot)
    wrong.push('it is not proved equal');
  if (wrong.length > 0) throw new Error(`${name}: the ledger does not add up: ${wrong.join('; ')}\n${JSON.stringify(timings)}`);
}

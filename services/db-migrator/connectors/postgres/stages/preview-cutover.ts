import { formatBytes } from '@smartant/kernel';
import type { CheckResult } from '../../../application/ports/database-engine';
import { emptyResult } from '../../../domain/check';
import type { Table } from '../catalog/catalog';
import { nameOf } from '../catalog/target-name';
import { describeFreeze } from '../cutover/freeze-writes';
import { otherSessions } from '../cutover/other-sessions';
import { readSequencePairs } from '../cutover/sequence-states';
import { digestTables } from '../verify/digest-tables';
import { keyOf } from '../verify/followed-side';
import { rowBytesSql, verifiedColumns } from '../verify/row-digest';
import { openSnapshotSessions } from '../verify/snapshot-sessions';
import { applicationName, readScope, scopedSequences, withSession, type OpenJob, type ScopedCatalog } from './open-job';
import { compareDefinitions } from './verify-all';

const TOLD_SESSIONS = 20;
/** Settings, locks, positions and snapshots ask one after another. */
const ROUND_TRIPS = 25;
/** What waits for the servers whatever is in the tables: connections, the decoder that begins again, the slot of the stream back. */
const FIXED_MS = 400;
/** Hashed to see how fast the source does it. */
const SAMPLE_BYTES = 64 * 2 ** 20;

/** What a cutover would do now: whom it ends, what it revokes, and how long writers would probably wait. Changes nothing. */
export async function previewCutover(open: OpenJob, signal: AbortSignal): Promise<CheckResult> {
  const { job, source } = open;
  const scope = await readScope(open, signal);
  const whole = scope.tables.filter((table) => table.kind === 'r' && !isFollowed(open, table));
  const timed = new Timed();
  const steps = await withSession(source, applicationName(job, 'preview'), signal, async (session) => {
    const described = await describeFreeze(session, [], signal);
    await timed.measure(() => session.query('SELECT 1', undefined, signal), ROUND_TRIPS);
    const others = await otherSessions(session, job.migrationId, signal);
    return [
      ...described,
      ...others
        .slice(0, TOLD_SESSIONS)
        .map(
          ({ pid, user, application }) => `Ends session ${pid} of ${user || 'an unseen role'}${application ? ` (${application})` : ''}.`,
        ),
    ];
  });
  await timed.measure(() => compareDefinitions(open, scope.tables, signal));
  await timed.measure(() => readSequences(open, scope, signal));
  const [hashed, wholeBytes] = await Promise.all([sampleRate(open, whole, signal), sum(whole)]);
  const comparing = wholeBytes === 0 ? 0 : wholeBytes / hashed;
  return {
    ...emptyResult(),
    tables: scope.tables.length,
    steps: [...steps, ...wholeSteps(whole, wholeBytes)],
    expectedDowntimeMs: Math.round(FIXED_MS + timed.ms + comparing),
  };
}

/** Pieces of the freeze that change nothing are done once, with the clock running. */
class Timed {
  ms = 0;

  async measure(work: () => Promise<unknown>, times = 1): Promise<void> {
    const began = performance.now();
    await work();
    this.ms += (performance.now() - began) * times;
  }
}

function isFollowed({ job }: OpenJob, table: Table): boolean {
  const { mode, targetPolicy, verify } = job.scope;
  return mode === 'live' && targetPolicy !== 'append' && verify !== 'frozen' && !table.isUnlogged && keyOf(table).length > 0;
}

async function readSequences({ job, source, target, targetName }: OpenJob, scope: ScopedCatalog, signal: AbortSignal): Promise<void> {
  const name = applicationName(job, 'preview');
  await withSession(source, name, signal, (from) =>
    withSession(target, name, signal, (to) => readSequencePairs(from, to, scopedSequences(scope, job.scope), targetName, signal)),
  );
}

/** Bytes a millisecond that the source hashes, of a few of the tables. */
async function sampleRate({ job, source }: OpenJob, tables: Table[], signal: AbortSignal): Promise<number> {
  const sample: Table[] = [];
  for (const table of tables) if (sum(sample) + table.bytes <= SAMPLE_BYTES) sample.push(table);
  if (sample.length === 0) return (50 * 2 ** 20) / 1_000;
  const snapshot = await openSnapshotSessions(source, 1, applicationName(job, 'preview'), signal);
  try {
    const began = performance.now();
    const tasks = sample.map((table) => {
      const columns = verifiedColumns(table);
      return { table, form: 'binary' as const, query: { table, rowBytes: rowBytesSql(columns, columns, 'binary') } };
    });
    await digestTables(tasks, { sessions: snapshot.sessions, seed: '1', admit: job.admit, signal });
    return Math.max(1, sum(sample)) / Math.max(1, performance.now() - began);
  } finally {
    await snapshot.close();
  }
}

function wholeSteps(tables: Table[], bytes: number): string[] {
  if (tables.length === 0) return ['Compare the rows that change between now and then; all others are compared before.'];
  const some = tables.slice(0, 5).map(nameOf).join(', ');
  return [`Compare ${tables.length} tables as a whole (${formatBytes(bytes)}; ${some}), since their changes name no row.`];
}

function sum(tables: Table[]): number {
  return tables.reduce((total, { bytes }) => total + bytes, 0);
}

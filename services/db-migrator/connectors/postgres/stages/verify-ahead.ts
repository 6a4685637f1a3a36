import { setTimeout as delay } from 'node:timers/promises';
import { toSmartantError } from '@smartant/kernel';
import type { DatabaseVerification, Finding } from '../../../application/ports/database-engine';
import type { Table } from '../catalog/catalog';
import { nameOf } from '../catalog/target-name';
import { parseLsn } from '../replication/lsn';
import { streamObjectNames } from '../replication/object-names';
import { createPublication, dropPublication } from '../replication/publication';
import { cancelled } from '../session/pg-errors';
import { FollowedVerification } from '../verify/followed-verification';
import { verifyWhileFlowing } from '../verify/verify-while-flowing';
import { drawSeed } from '../verify/verify-tables';
import { ComparisonRoom } from './comparison-room';
import { conditionsAtTarget } from './conditions-at-target';
import { applicationName, withSession, type OpenJob, type ScopedCatalog } from './open-job';
import { tablesAtTarget } from './stream-back';
import { streamBackwards, streamForth } from './stream-stages';
import { levelOf } from './verify-all';

/** What was verified before the freeze. */
export interface VerifiedAhead {
  seed: string;
  followed: FollowedVerification;
}

export interface AheadResult {
  /** Null: everything has to be verified in the freeze. */
  ahead: VerifiedAhead | null;
  /** Set where both sides differ already: the source is not frozen for that. */
  different: Pick<DatabaseVerification, 'differences' | 'differenceCount'> | null;
  findings: Finding[];
}

const SESSIONS = 2;
const LOOK_EVERY_MS = 50;

/**
 * Compares rows while changes flow, so that the freeze has to look only at those that changed since. Where that cannot be done (a side has no slot to
 * spare, a transaction stays open), says so in a finding: all is compared in the freeze then, which proves as much and takes longer.
 */
export async function verifyAhead(
  open: OpenJob,
  scope: ScopedCatalog,
  signal: AbortSignal,
  direction: 'forth' | 'back' = 'forth',
): Promise<AheadResult> {
  return whileStreaming(open, signal, direction, async (within, beside) => {
    let ahead: VerifiedAhead | null = null;
    try {
      ahead = await begin(open, scope, direction, beside, within);
      const different = direction === 'back' ? null : await differencesAhead(open, ahead.followed, beside, within);
      if (different) return { ahead: await letGo(open, ahead), different, findings: [foundAhead()] };
      await ahead.followed.advance();
      return { ahead, different: null, findings: wholeTables(ahead.followed.unfollowed) };
    } catch (thrown) {
      await closeAhead(open, ahead);
      await dropPublications(open);
      const error = toSmartantError(thrown);
      if (within.aborted || signal.aborted) throw error;
      open.job.warn('rows could not be compared before the freeze', {}, error);
      return { ahead: null, different: null, findings: [notAhead(error.message)] };
    }
  });
}

/** Ends what it reads by: its slots are free from then on. */
export async function closeAhead({ job }: OpenJob, ahead: VerifiedAhead | null): Promise<void> {
  await ahead?.followed.close().catch((error: unknown) => job.warn('sessions of a verification were not ended in order', {}, error));
}

/** Ends all that it keeps at both sides. Resolves with null. */
export async function letGo(open: OpenJob, ahead: VerifiedAhead | null): Promise<null> {
  if (!ahead) return null;
  await closeAhead(open, ahead);
  await dropPublications(open);
  return null;
}

async function dropPublications({ job, target }: OpenJob): Promise<void> {
  const signal = AbortSignal.timeout(10_000);
  await withSession(target, applicationName(job, 'verify'), signal, (session) =>
    session.transaction(async () => {
      for (const name of namesOf(job)) await dropPublication(session, name, signal);
    }, 'BEGIN READ WRITE'),
  ).catch((error: unknown) => job.warn('the publication of a verification was not dropped', {}, error));
}

async function begin(
  open: OpenJob,
  { tables }: ScopedCatalog,
  direction: 'forth' | 'back',
  { beforePart }: BesideStream,
  signal: AbortSignal,
): Promise<VerifiedAhead> {
  const { job, source, target, targetName, state } = open;
  // Those of the stream forth are at the source until the migration is released.
  const { publications } = await state.stream('stream');
  job.info('rows are compared before the freeze', { direction, tables: tables.length });
  const ofTarget = await withSession(target, applicationName(job, 'verify'), signal, async (session) => {
    const published = (await tablesAtTarget(open, session, tables, signal)).map((table) => ({ table }));
    return createPublication(session, { name: namesOf(job)[0]!, tables: published, identityless: 'inserts' }, signal);
  });
  const seed = drawSeed();
  const followed = await FollowedVerification.begin({
    source,
    target,
    migrationId: job.migrationId,
    tables,
    targetName,
    rows: job.scope.rows,
    rowsAtTarget: direction === 'back' ? await conditionsAtTarget(open, tables, signal) : undefined,
    level: levelOf(job.scope),
    jobs: job.scope.tableJobs || SESSIONS,
    seed,
    slot: `${streamObjectNames(job.migrationId).slot}_ahead`,
    publications: { source: publications, target: ofTarget },
    admit: job.admit,
    beforePart,
    onProgress: ({ rows, bytes }) => job.count({ verifiedRows: rows, verifiedBytes: bytes }),
    signal,
  });
  return { seed, followed };
}

/** What compares beside a stream has to heed. */
export interface BesideStream {
  /** Resolves once the target has everything of the source up to a position. */
  waitApplied: (lsn: string, signal: AbortSignal) => Promise<void>;
  /** Waits while the stream is to have the servers for itself. */
  beforePart: (signal: AbortSignal) => Promise<void>;
}

/** Rows that stood still and differ, told one by one; null: what differs is under way. */
async function differencesAhead(
  { job, source, target, targetName }: OpenJob,
  followed: FollowedVerification,
  beside: BesideStream,
  signal: AbortSignal,
): Promise<AheadResult['different']> {
  await beside.waitApplied(followed.sourcePosition, signal);
  const tables = await followed.differing();
  if (tables.length === 0) return null;
  const { differences, differenceCount } = await verifyWhileFlowing({
    source,
    target,
    migrationId: job.migrationId,
    tables,
    targetName,
    rows: job.scope.rows,
    jobs: SESSIONS,
    ...beside,
    signal,
  });
  return differenceCount > 0 ? { differences, differenceCount } : null;
}

/** Streams while there is work. */
export async function whileStreaming<T>(
  open: OpenJob,
  signal: AbortSignal,
  direction: 'forth' | 'back',
  work: (signal: AbortSignal, beside: BesideStream) => Promise<T>,
): Promise<T> {
  const [stop, failed] = [new AbortController(), new AbortController()];
  const [applied, room] = [new AppliedPosition(), new ComparisonRoom()];
  const flow = direction === 'forth' ? streamForth : streamBackwards;
  const streaming = flow(applied.watching(open), { room, signal: AbortSignal.any([signal, stop.signal]) });
  const ended = streaming.catch((error: unknown) => {
    if (!stop.signal.aborted) failed.abort(error);
  });
  const within = AbortSignal.any([signal, failed.signal]);
  try {
    return await work(within, { waitApplied: (lsn, until) => applied.reached(lsn, until), beforePart: room.enter });
  } catch (error) {
    throw failed.signal.aborted && !signal.aborted ? failed.signal.reason : error;
  } finally {
    stop.abort();
    await ended;
  }
}

/** How far the stream is, as it tells. */
export class AppliedPosition {
  private position = parseLsn('0/0');

  /** The same job, whose stream is listened to. */
  watching(open: OpenJob): OpenJob {
    const { job } = open;
    return {
      ...open,
      job: {
        ...job,
        stream: (state) => {
          this.position = parseLsn(state.appliedPosition);
          job.stream(state);
        },
      },
    };
  }

  async reached(lsn: string, signal: AbortSignal): Promise<void> {
    const wanted = parseLsn(lsn);
    while (this.position < wanted) {
      if (signal.aborted) throw cancelled(signal.reason);
      await delay(LOOK_EVERY_MS, undefined, { signal }).catch(() => undefined);
    }
  }
}

function namesOf(job: Pick<OpenJob['job'], 'migrationId'>): string[] {
  const name = `${streamObjectNames(job.migrationId).publication}_ahead`;
  return [name, `${name}_inserts`];
}

function notAhead(reason: string): Finding {
  return {
    severity: 'warning',
    code: 'DATABASE_VERIFIED_IN_FREEZE',
    message: `All rows were compared while the source stood still, since they could not be before: ${reason}`,
    hint: 'That proves as much, and the downtime is longer. Both servers need wal_level = logical, a free replication slot and a free walsender for it.',
    subject: 'both',
  };
}

function foundAhead(): Finding {
  return {
    severity: 'note',
    code: 'DATABASE_DIFFERENT_AHEAD',
    message: 'The differences were found before the source was frozen: it took writes all the time.',
    hint: 'Stream on (migration resume) and repair the rows (migration repair), or let the table be copied again, then cut over again.',
    subject: 'target',
  };
}

function wholeTables(tables: Table[]): Finding[] {
  if (tables.length === 0) return [];
  const bytes = tables.reduce((sum, table) => sum + table.bytes, 0);
  return [
    {
      severity: 'note',
      code: 'DATABASE_TABLES_VERIFIED_IN_FREEZE',
      message: `${tables.length} tables (${bytes} bytes; first: ${nameOf(tables[0]!)}) were compared as a whole while the source stood still.`,
      hint: 'Their changes do not name rows: a primary key, or REPLICA IDENTITY USING INDEX, lets them be compared before.',
      subject: 'source',
    },
  ];
}

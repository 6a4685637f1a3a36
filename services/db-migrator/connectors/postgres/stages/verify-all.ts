import type { DatabaseDifference, DatabaseVerification } from '../../../application/ports/database-engine';
import { compareSchemas, type SchemaComparison } from '../schema/compare-schemas';
import type { CarriedDigest } from '../verify/followed-verification';
import type { SnapshotPair } from '../verify/snapshot-sessions';
import { verifyTables } from '../verify/verify-tables';
import type { DatabaseScope } from '../../../domain/database-scope';
import type { Sequence, Table } from '../catalog/catalog';
import { applicationName, withSession, type OpenJob } from './open-job';
import type { VerifiedAhead } from './verify-ahead';

const SESSIONS = 2;
/** Differences that are told; all are counted. */
const TOLD = 100;

export interface FrozenScope {
  tables: Table[];
  sequences: Sequence[];
  frozenPosition: string;
}

/** Rows and sequences of both sides by their content, and the definitions around them. `ahead`: what of the rows was verified before the freeze. */
export async function verifyAll(
  open: OpenJob,
  { tables, sequences, frozenPosition }: FrozenScope,
  ahead: VerifiedAhead | null,
  signal: AbortSignal,
): Promise<DatabaseVerification> {
  const { job } = open;
  const definitions = compareDefinitions(open, tables, signal);
  // Beside the rows; what it raises is raised below.
  definitions.catch(() => undefined);
  const { verification } = await verifyTables({
    ...rowsOptions(open, ahead, signal),
    tables,
    sequences,
    frozenPosition,
    largeObjects: job.scope.largeObjects ? { excluded: await largeObjectsAside(open) } : undefined,
  });
  await showTables(open, verification.digests);
  const { objects, differenceCount, differences: ofDefinitions } = await definitions;
  const waived = await job.waivedTables();
  const aside = [...(await job.excludedTables())].map((key) => leftOut(key, waived.has(key)));
  const waivedAside = aside.filter((one) => one.waived).length;
  const differences = [...verification.differences, ...ofDefinitions, ...aside];
  return {
    ...verification,
    objects,
    equal: verification.equal && differenceCount === 0 && waivedAside === aside.length,
    // What keeps the target closed comes first: only so many are told.
    differences: differences.sort((one, other) => Number(one.waived) - Number(other.waived)).slice(0, TOLD),
    differenceCount: verification.differenceCount + differenceCount + aside.length,
    waivedCount: verification.waivedCount + waivedAside,
  };
}

/**
 * Rows and sequences after a rollback's drain, at the frozen position of the target. Definitions are left aside: what applications changed there
 * after the cutover does not come back, and is no reason to keep them from their source. Rows that are outside of the scope's conditions are not
 * compared here, whichever side they are at. `rowsAtTarget`: these conditions as they read there.
 */
export async function verifyBack(
  open: OpenJob,
  { tables, sequences, frozenPosition, rowsAtTarget }: FrozenScope & { rowsAtTarget: { table: string; where: string }[] },
  ahead: VerifiedAhead | null,
  signal: AbortSignal,
): Promise<DatabaseVerification> {
  const { job } = open;
  const { verification } = await verifyTables({
    ...rowsOptions(open, ahead, signal),
    rowsAtTarget,
    tables,
    sequences,
    frozenPosition,
    direction: 'back',
  });
  const waived = await job.waivedTables();
  const aside = [...(await job.excludedTables())].map((key) => leftOut(key, waived.has(key)));
  const waivedAside = aside.filter((one) => one.waived).length;
  return {
    ...verification,
    equal: verification.equal && waivedAside === aside.length,
    differences: [...verification.differences.slice(0, TOLD), ...aside].slice(0, TOLD),
    differenceCount: verification.differenceCount + aside.length,
    waivedCount: verification.waivedCount + waivedAside,
  };
}

/** How each table came out, for whoever looks for a table's trace. Tables are verified together, in parts: their own time is not known. */
async function showTables({ job }: OpenJob, digests: DatabaseVerification['digests']): Promise<void> {
  for (const { name, form, sourceRows, targetRows, sourceSum, targetSum } of digests) {
    const equal = sourceRows === targetRows && sourceSum === targetSum;
    const attributes = { 'smartant.table': name, 'smartant.form': form, 'smartant.rows': `${sourceRows}`, 'smartant.equal': equal };
    await job.unit('verify table', attributes, () => Promise.resolve());
  }
}

/** What is proved; `frozen` is about when. */
export function levelOf({ verify }: DatabaseScope): DatabaseVerification['level'] {
  return verify === 'counts' ? 'counts' : 'content';
}

/** Oids of large objects that were put aside. */
export async function largeObjectsAside({ job }: OpenJob): Promise<Set<string>> {
  const prefix = 'large object ';
  return new Set([...(await job.excludedTables())].filter((unit) => unit.startsWith(prefix)).map((unit) => unit.slice(prefix.length)));
}

function rowsOptions(open: OpenJob, ahead: VerifiedAhead | null, signal: AbortSignal) {
  const { job, source, target, targetName } = open;
  return {
    source,
    target,
    migrationId: job.migrationId,
    targetName,
    rows: job.scope.rows,
    level: levelOf(job.scope),
    jobs: job.scope.tableJobs || SESSIONS,
    appended: job.scope.targetPolicy === 'append',
    admit: job.admit,
    onProgress: ({ rows, bytes }: { rows: number; bytes: number }) => job.count({ verifiedRows: rows, verifiedBytes: bytes }),
    ahead: ahead ? { seed: ahead.seed, carry: (pair: SnapshotPair) => carried(open, ahead, pair, signal) } : undefined,
    signal,
  };
}

/** What cannot be carried is hashed again, all of it where the changes of a side were lost sight of. */
async function carried(
  { job }: OpenJob,
  { followed }: VerifiedAhead,
  pair: SnapshotPair,
  signal: AbortSignal,
): Promise<Map<string, CarriedDigest>> {
  try {
    return await followed.carry(pair);
  } catch (error) {
    signal.throwIfAborted();
    job.warn('what was verified before the freeze is verified again', {}, error);
    return new Map();
  }
}

/** What of the definitions differs; nobody waives a definition. */
export async function compareDefinitions(
  { job, source, target, targetName }: OpenJob,
  tables: Table[],
  signal: AbortSignal,
): Promise<Omit<SchemaComparison, 'differences'> & { differences: DatabaseDifference[] }> {
  const doing = applicationName(job, 'compare');
  const { differences, ...counts } = await withSession(source, doing, signal, (from) =>
    withSession(target, doing, signal, (to) =>
      compareSchemas({ source: from, target: to, scope: { ...job.scope, tables }, targetName, limit: TOLD, signal }),
    ),
  );
  return { ...counts, differences: differences.map((one) => ({ ...one, waived: false })) };
}

/** A table that was put aside: its rows are not at the target, or not all of them. Only who waived it has said that this may be so. */
function leftOut(key: string, waived: boolean): DatabaseDifference {
  const detail = waived ? 'The table was left out of the migration.' : 'The table was put aside, and neither brought in order nor waived.';
  return { key, kind: 'missing-at-target', detail, waived };
}

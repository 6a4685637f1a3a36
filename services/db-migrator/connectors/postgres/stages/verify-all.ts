import type { DatabaseDifference, DatabaseVerification } from '../../../application/ports/database-engine';
import { compareSchemas, type SchemaComparison } from '../schema/compare-schemas';
import { verifyTables } from '../verify/verify-tables';
import type { Sequence, Table } from '../catalog/catalog';
import { applicationName, withSession, type OpenJob } from './open-job';

const SESSIONS = 2;
/** Differences that are told; all are counted. */
const TOLD = 100;

export interface FrozenScope {
  tables: Table[];
  sequences: Sequence[];
  frozenPosition: string;
}

/** Rows and sequences of both sides by their content, and the definitions around them. */
export async function verifyAll(
  open: OpenJob,
  { tables, sequences, frozenPosition }: FrozenScope,
  signal: AbortSignal,
): Promise<DatabaseVerification> {
  const { job, source, target, targetName } = open;
  const { verification } = await verifyTables({
    source,
    target,
    migrationId: job.migrationId,
    tables,
    sequences,
    targetName,
    rows: job.scope.rows,
    level: job.scope.verify,
    jobs: job.scope.tableJobs || SESSIONS,
    appended: job.scope.targetPolicy === 'append',
    frozenPosition,
    admit: job.admit,
    onProgress: ({ rows, bytes }) => job.count({ verifiedRows: rows, verifiedBytes: bytes }),
    signal,
  });
  const definitions = await compareDefinitions(open, tables, signal);
  const waived = await job.waivedTables();
  const aside = [...(await job.excludedTables())].map((key) => leftOut(key, waived.has(key)));
  const waivedAside = aside.filter((one) => one.waived).length;
  const differences = [...verification.differences, ...definitions.differences.map((one) => ({ ...one, waived: false })), ...aside];
  return {
    ...verification,
    objects: definitions.objects,
    equal: verification.equal && definitions.differenceCount === 0 && waivedAside === aside.length,
    // What keeps the target closed comes first: only so many are told.
    differences: differences.sort((one, other) => Number(one.waived) - Number(other.waived)).slice(0, TOLD),
    differenceCount: verification.differenceCount + definitions.differenceCount + aside.length,
    waivedCount: verification.waivedCount + waivedAside,
  };
}

function compareDefinitions({ job, source, target, targetName }: OpenJob, tables: Table[], signal: AbortSignal): Promise<SchemaComparison> {
  const doing = applicationName(job, 'compare');
  return withSession(source, doing, signal, (from) =>
    withSession(target, doing, signal, (to) =>
      compareSchemas({ source: from, target: to, scope: { ...job.scope, tables }, targetName, limit: TOLD, signal }),
    ),
  );
}

/** A table that was put aside: its rows are not at the target, or not all of them. Only who waived it has said that this may be so. */
function leftOut(key: string, waived: boolean): DatabaseDifference {
  const detail = waived ? 'The table was left out of the migration.' : 'The table was put aside, and neither brought in order nor waived.';
  return { key, kind: 'missing-at-target', detail, waived };
}

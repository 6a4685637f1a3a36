import type { DatabaseJob, Estimate, Finding, StageResult } from '../../../application/ports/database-engine';
import type { Table } from '../catalog/catalog';
import { restoreConstraints, type BuildProgress, type RestoreConstraintsOptions } from '../constraints/restore-constraints';
import { validateAgain } from '../constraints/validate-again';
import { copySchema } from '../schema/copy-schema';
import { findPostgresTools } from '../schema/find-postgres-tools';
import { guardedStream } from './guard-retention';
import { readScope, type OpenJob } from './open-job';

/** What has to be there before rows are. */
export async function schema(open: OpenJob, signal: AbortSignal): Promise<StageResult> {
  const { job, source, target, targetName } = open;
  const { catalog, tables } = await readScope(open, signal);
  const findings: Finding[] = [];
  await copySchema({
    source,
    target,
    migrationId: job.migrationId,
    epoch: job.epoch,
    scope: { ...job.scope, tables },
    targetName,
    tools: await findPostgresTools(Math.floor(catalog.serverVersion / 10_000)),
    onFinding: (finding) => findings.push(finding),
    signal,
  });
  return { findings, estimate: estimateOf(tables) };
}

/** What is made faster, or only possible, when the rows are there: indexes, keys, triggers, statistics. */
export async function constraints(open: OpenJob, signal: AbortSignal): Promise<StageResult> {
  const findings: Finding[] = [];
  const { tables } = await readScope(open, signal);
  const { copyYielded: rowsAreMissing = false } = await open.state.load();
  await guardedStream(open, signal, (within) => restoreConstraints({ ...buildOptions(open, tables, findings, within), rowsAreMissing }));
  return { findings };
}

/** What could not be while tables were of different moments. */
export async function validateForeignKeys(open: OpenJob, signal: AbortSignal): Promise<Finding[]> {
  const findings: Finding[] = [];
  const { tables } = await readScope(open, signal);
  await validateAgain(buildOptions(open, tables, findings, signal));
  return findings;
}

function buildOptions(
  { job, target, targetName }: OpenJob,
  tables: Table[],
  findings: Finding[],
  signal: AbortSignal,
): RestoreConstraintsOptions {
  return {
    target,
    migrationId: job.migrationId,
    epoch: job.epoch,
    scope: { ...job.scope, tables },
    targetName,
    jobs: job.scope.indexJobs,
    onProgress: tellingBuilt(job),
    onBuilt: (builtIndexes) => job.count({ builtIndexes }),
    onFinding: (finding) => findings.push(finding),
    signal,
  };
}

export function tellingBuilt(job: DatabaseJob): (progress: BuildProgress) => void {
  return ({ step, done, total, object }) => job.info('built at the target', { step, done, total, object });
}

/** The copy tells of its tables, which are ordinary ones, and of bytes on the wire, which are near those on the disk. */
function estimateOf(tables: readonly Table[]): Estimate {
  const copied = tables.filter(({ kind }) => kind === 'r');
  return {
    tables: copied.length,
    rows: copied.reduce((sum, { estimatedRows }) => sum + Math.max(0, estimatedRows), 0),
    bytes: copied.reduce((sum, { bytes }) => sum + bytes, 0),
  };
}

import type { Estimate, Finding, StageResult } from '../../../application/ports/database-engine';
import type { Table } from '../catalog/catalog';
import { restoreConstraints } from '../constraints/restore-constraints';
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
  const { job, target, targetName } = open;
  const { tables } = await readScope(open, signal);
  const findings: Finding[] = [];
  const build = (within: AbortSignal) =>
    restoreConstraints({
      target,
      migrationId: job.migrationId,
      epoch: job.epoch,
      scope: { ...job.scope, tables },
      targetName,
      jobs: job.scope.indexJobs,
      onProgress: ({ step, done, total, object }) => job.info('built at the target', { step, done, total, object }),
      onFinding: (finding) => findings.push(finding),
      signal: within,
    });
  const built = await guardedStream(open, signal, build);
  job.count({ builtIndexes: built.indexes });
  return { findings };
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

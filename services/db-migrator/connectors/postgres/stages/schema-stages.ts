import type { Finding, StageResult } from '../../../application/ports/database-engine';
import { restoreConstraints } from '../constraints/restore-constraints';
import { copySchema } from '../schema/copy-schema';
import { findPostgresTools } from '../schema/find-postgres-tools';
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
  return { findings };
}

/** What is made faster, or only possible, when the rows are there: indexes, keys, triggers, statistics. */
export async function constraints(open: OpenJob, signal: AbortSignal): Promise<StageResult> {
  const { job, target, targetName } = open;
  const { tables } = await readScope(open, signal);
  const findings: Finding[] = [];
  const built = await restoreConstraints({
    target,
    migrationId: job.migrationId,
    epoch: job.epoch,
    scope: { ...job.scope, tables },
    targetName,
    jobs: job.scope.indexJobs,
    onProgress: ({ step, done, total, object }) => job.info('built at the target', { step, done, total, object }),
    onFinding: (finding) => findings.push(finding),
    signal,
  });
  job.count({ builtIndexes: built.indexes });
  return { findings };
}

import { failureOf, type Access, type SecretSource, type StageJob } from '@smartant/runs';
import type { DatabaseSecret } from '@smartant/connectors';
import type { DatabaseScope } from '../../domain/database-scope';
import type { Endpoint, Run } from '../../domain/run';
import type { DatabaseEndpoint, DatabaseJob } from '../ports/database-engine';
import type { CheckStore } from '../ports/stores';

type Secrets = Pick<SecretSource<DatabaseSecret>, 'resolve'>;

/** What the engine is given for a stage of a run. */
export function databaseJob(job: StageJob<Run>, run: Run, secrets: Secrets, checks: Pick<CheckStore, 'begin' | 'end'>): DatabaseJob {
  const { migrationId, runId, epoch, state, admit, count, quarantine, unit, info, warn } = job;
  return {
    migrationId,
    runId,
    epoch,
    source: toDatabaseEndpoint(run, run.source, secrets),
    target: toDatabaseEndpoint(run, run.target, secrets),
    scope: limitedScope(run),
    state,
    admit,
    count,
    stream: (stream) => job.tell({ stream }),
    quarantine,
    excludedTables: job.excluded,
    waivedTables: job.waived,
    nextCheck: () => job.underLease((tx) => checks.begin(tx, migrationId)),
    endCheck: (id, { result, error }) => job.underLease((tx) => checks.end(tx, id, { result, error: error && failureOf(error) })),
    unit,
    info,
    warn,
  };
}

export function toDatabaseEndpoint(access: Access, endpoint: Endpoint, secrets: Secrets): DatabaseEndpoint {
  return { id: endpoint.id, location: endpoint.location, secret: (signal) => secrets.resolve(access, endpoint, signal) };
}

/** Of tables at once, the migration's limit is as good as the scope's wish: the lower one counts. It is heard when a stage begins. */
function limitedScope({ scope, limits }: Run): DatabaseScope {
  const most = limits.concurrency;
  if (most === 0) return scope;
  const within = (jobs: number): number => (jobs === 0 ? most : Math.min(jobs, most));
  return { ...scope, tableJobs: within(scope.tableJobs), indexJobs: within(scope.indexJobs) };
}

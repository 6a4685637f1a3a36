import { SmartantError } from '@smartant/kernel';
import { quarantine, runFields, type Attributes, type UnitOfWork } from '@smartant/runs';
import type { HeldShard, ShardStore } from '@smartant/shards';
import type { DatabaseScope } from '../../domain/database-scope';
import type { Endpoint, Run } from '../../domain/run';
import type { Stage } from '../../domain/stages';
import type { DatabaseEndpoint, DatabaseJob, FailedTable, JobState } from '../ports/database-engine';
import type { Observer } from '../ports/observer';
import type { SecretSource } from '../ports/secrets';
import type { Stores } from '../ports/stores';
import type { ActiveRun } from './active-runs';
import type { StageCounters } from './stage-counters';

export interface JobParts {
  shard: Pick<HeldShard, 'claim'>;
  run: Run;
  stage: Stage;
  epoch: number;
  active: ActiveRun;
  counters: StageCounters;
  unitOfWork: UnitOfWork;
  stores: Stores;
  shards: ShardStore;
  secrets: SecretSource;
  observer: Observer;
}

/** What an engine is given for a stage. Whatever it keeps here is fenced by the shard's lease. */
export function makeJob(parts: JobParts): DatabaseJob {
  const { run, stage, epoch, active, counters, stores, unitOfWork, secrets, observer } = parts;
  const fields = { ...runFields(run), stage };
  return {
    migrationId: run.migrationId,
    runId: run.runId,
    epoch,
    source: toDatabaseEndpoint(run, run.source, secrets),
    target: toDatabaseEndpoint(run, run.target, secrets),
    scope: limitedScope(run),
    state: stateOf(parts),
    admit: (bytes, signal) => active.admit(bytes, signal),
    count: (counts) => {
      counters.add(counts);
      active.meter.move((counts.copiedBytes ?? 0) + (counts.verifiedBytes ?? 0) + (counts.appliedBytes ?? 0));
      observer.counted(counts, stage);
    },
    stream: (state) => {
      active.stream = state;
      counters.tell(state);
    },
    quarantine: (table) => setAside(table, parts),
    excludedTables: async () => {
      const unresolved = await stores.failures.unresolved(unitOfWork, run.migrationId);
      return new Set([...unresolved].filter(([, state]) => state !== 'retrying').map(([unit]) => unit));
    },
    waivedTables: async () => {
      const unresolved = await stores.failures.unresolved(unitOfWork, run.migrationId);
      return new Set([...unresolved].filter(([, state]) => state === 'waived').map(([unit]) => unit));
    },
    info: (message, told) => observer.info(message, { ...fields, ...told }),
    warn: (message, told, error) => observer.warn(message, { ...fields, ...told } as Attributes, error),
  };
}

export function toDatabaseEndpoint(
  access: Pick<Run, 'runId' | 'epoch'>,
  endpoint: Endpoint,
  secrets: Pick<SecretSource, 'resolve'>,
): DatabaseEndpoint {
  return { id: endpoint.id, location: endpoint.location, secret: (signal) => secrets.resolve(access, endpoint, signal) };
}

/** Of tables at once, the migration's limit is as good as the scope's wish: the lower one counts. It is heard when a stage begins. */
function limitedScope({ scope, limits }: Run): DatabaseScope {
  const most = limits.concurrency;
  if (most === 0) return scope;
  const within = (jobs: number): number => (jobs === 0 ? most : Math.min(jobs, most));
  return { ...scope, tableJobs: within(scope.tableJobs), indexJobs: within(scope.indexJobs) };
}

function stateOf({ run, shard, stores, unitOfWork, shards }: JobParts): JobState {
  return {
    load: () => stores.states.load(unitOfWork, run.migrationId),
    save: (change) =>
      unitOfWork.transaction(async (tx) => {
        await stores.states.loadLocked(tx, run.migrationId);
        await shards.assertHeld(tx, shard.claim);
        await stores.states.save(tx, run.migrationId, change);
      }),
  };
}

async function setAside({ unit, code, message }: FailedTable, parts: JobParts): Promise<void> {
  const error = new SmartantError(code, message, { kind: 'precondition' });
  try {
    await quarantine({ unit, units: 'tables', error, attempts: 1 }, parts.shard.claim, parts.run, parts);
  } finally {
    await parts.counters.countQuarantined();
  }
}

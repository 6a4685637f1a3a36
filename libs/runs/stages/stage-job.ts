import { SmartantError } from '@smartant/kernel';
import type { HeldShard, LedgerCounters, ShardStore } from '@smartant/shards';
import { runFields, type Attributes, type Observer } from '../observer';
import { quarantine, type UnitAttribute } from '../quarantine';
import type { Run } from '../run';
import type { Tx, UnitOfWork } from '../stores';
import type { ActiveRun } from './active-runs';
import type { StageCounters } from './stage-counters';
import type { StageStores } from './stage-stores';

/** A unit that could not be moved, while the rest goes on. */
export interface FailedUnitOfStage {
  unit: string;
  code: string;
  message: string;
}

export interface JobState {
  load(): Promise<Record<string, unknown>>;
  /** Merges and commits; fenced by the holder's lease. */
  save(change: Record<string, unknown>): Promise<void>;
}

/** What an engine is given for a stage, as far as it is the same for all kinds. Whatever it keeps here is fenced by the shard's lease. */
export interface StageJob<R extends Run> {
  migrationId: string;
  runId: string;
  /** Grows with each holder of the migration's work, over all its stages and runs; fences writes at the target. */
  epoch: number;
  state: JobState;
  /** Does something in our own database, as long as the shard is held. */
  underLease<T>(work: (tx: Tx) => Promise<T>): Promise<T>;
  /** Waits until limits allow so many bytes, and so many requests (default: 0). */
  admit: (bytes: number, signal: AbortSignal, requests?: number) => Promise<void>;
  /** Bytes a second that limits allow at most now; null: no limit. */
  bytesPerSecond: () => number | null;
  count: (counts: LedgerCounters) => void;
  /** Shows something of the run while the stage goes on. */
  tell: (change: Partial<R>) => void;
  /** Puts a unit aside, on the record, and counts it. Raises QUARANTINE_CAP_REACHED past the cap. */
  quarantine: (unit: FailedUnitOfStage) => Promise<void>;
  /** Units that are put aside or waived. Those that are to be tried again are not among them. */
  excluded: () => Promise<Set<string>>;
  /** Those of them that somebody has waived on the record. */
  waived: () => Promise<Set<string>>;
  /** One of very many pieces of work: its span is sampled, its failure always recorded. Attributes name what it is about (`UNIT_NAMES`). */
  unit: <T>(name: string, attributes: Attributes, work: () => Promise<T>) => Promise<T>;
  info: (message: string, fields: Attributes) => void;
  warn: (message: string, fields: Attributes, error?: unknown) => void;
}

export interface StageJobParts<R extends Run> {
  shard: Pick<HeldShard, 'claim'>;
  run: R;
  stage: string;
  epoch: number;
  active: ActiveRun<R>;
  counters: StageCounters<R>;
  unitOfWork: UnitOfWork;
  stores: StageStores<R>;
  shards: ShardStore;
  observer: Observer;
  kind: { units: string; unitAttribute: UnitAttribute; counted(counts: LedgerCounters, stage: string): void };
}

export function makeStageJob<R extends Run>(parts: StageJobParts<R>): StageJob<R> {
  const { run, stage, epoch, active, counters, stores, unitOfWork, observer, kind } = parts;
  const fields = { ...runFields(run), stage };
  const units = async (states: (state: string) => boolean): Promise<Set<string>> => {
    const unresolved = await stores.failures.unresolved(unitOfWork, run.migrationId);
    return new Set([...unresolved].filter(([, state]) => states(state)).map(([unit]) => unit));
  };
  return {
    migrationId: run.migrationId,
    runId: run.runId,
    epoch,
    state: stateOf(parts),
    underLease: (work) =>
      unitOfWork.transaction(async (tx) => {
        await parts.shards.assertHeld(tx, parts.shard.claim);
        return work(tx);
      }),
    admit: (bytes, signal, requests) => active.admit(bytes, signal, requests),
    bytesPerSecond: () => active.bytesPerSecond(),
    count: (counts) => {
      counters.add(counts);
      active.meter.move((counts.copiedBytes ?? 0) + (counts.verifiedBytes ?? 0) + (counts.appliedBytes ?? 0));
      kind.counted(counts, stage);
    },
    tell: (change) => {
      Object.assign(active.told, change);
      counters.tell(change);
    },
    quarantine: (unit) => setAside(unit, parts),
    excluded: () => units((state) => state !== 'retrying'),
    waived: () => units((state) => state === 'waived'),
    unit: (name, attributes, work) => observer.unit(name, attributes, work),
    info: (message, told) => observer.info(message, { ...fields, ...told }),
    warn: (message, told, error) => observer.warn(message, { ...fields, ...told }, error),
  };
}

/** To release a migration that nobody works for any more: no shard and no lease. */
export function makeReleaseJob<R extends Run>(
  run: R,
  epoch: number,
  { unitOfWork, stores, observer }: Pick<StageJobParts<R>, 'unitOfWork' | 'stores' | 'observer'>,
): StageJob<R> {
  const { migrationId } = run;
  return {
    migrationId,
    runId: run.runId,
    epoch,
    state: {
      load: () => stores.states.load(unitOfWork, migrationId),
      save: (change) => unitOfWork.transaction((tx) => stores.states.save(tx, migrationId, change)),
    },
    underLease: (work) => unitOfWork.transaction(work),
    admit: () => Promise.resolve(),
    bytesPerSecond: () => null,
    count: () => undefined,
    tell: () => undefined,
    quarantine: () => Promise.resolve(),
    excluded: () => Promise.resolve(new Set()),
    waived: () => Promise.resolve(new Set()),
    unit: (name, attributes, work) => observer.unit(name, attributes, work),
    info: (message, fields) => observer.info(message, { ...runFields(run), ...fields }),
    warn: (message, fields, error) => observer.warn(message, { ...runFields(run), ...fields }, error),
  };
}

function stateOf<R extends Run>({ run, shard, stores, unitOfWork, shards }: StageJobParts<R>): JobState {
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

async function setAside<R extends Run>({ unit, code, message }: FailedUnitOfStage, parts: StageJobParts<R>): Promise<void> {
  const error = new SmartantError(code, message, { kind: 'precondition' });
  try {
    await quarantine(
      { unit, units: parts.kind.units, error, attempts: 1, names: parts.kind.unitAttribute },
      parts.shard.claim,
      parts.run,
      parts,
    );
  } finally {
    await parts.counters.countQuarantined();
  }
}

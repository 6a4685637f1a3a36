import type { LeaseModel, ModelClaim } from '@smartant/shards/model';
import type { Database } from '../engine/database';
import type { Process } from '../engine/process';
import { LEASE_MS } from '../scenario';
import type { RunTable } from './run-table';
import type { Mutation } from '../mutations';
import type { ObjectPair } from '../store/object-store';
import type { World } from '../engine/world';
import type { Weather } from '../engine/weather';

export interface MigratorParts {
  world: World;
  weather: Weather;
  database: Database;
  model: LeaseModel;
  runs: RunTable;
  objects: ReadonlyMap<string, ObjectPair>;
  mutations: ReadonlySet<Mutation>;
  conditionalPuts: boolean;
  shardsPerRun: number;
  /** The scheduler's answer to a run that asks for the secrets of its endpoints. */
  mayResolveSecrets: (migrationId: string, runId: string) => boolean;
  /** A worker somewhere has nothing to do. */
  hasIdleSlots: () => boolean;
}

/** A claimed shard in the hands of a worker. */
export class HeldShard {
  /** Why the worker is to stop; null while it may go on. */
  stopped: 'lost' | 'handed-back' | null = null;
  isSettled = false;
  /** Requests to the target were given up, or are not answered yet: they may still land. */
  unanswered = 0;
  givenUp = 0;
  /** What the worker goes on with when it hears that it has to stop. */
  onStop: (() => void) | null = null;

  constructor(
    readonly claim: ModelClaim,
    readonly process: Process,
    readonly parts: MigratorParts,
    /** When the claim or its last renewal was asked for, by the monotonic clock. */
    public renewedAtMs: number,
  ) {}

  /** True when the lease can't have run out: asked before each request to a target. */
  get isFresh(): boolean {
    return this.parts.mutations.has('lease-guard-off') || this.parts.world.nowMs - this.renewedAtMs < LEASE_MS;
  }

  stop(why: 'lost' | 'handed-back'): void {
    if (this.isSettled || this.stopped === 'lost') return;
    const first = this.stopped === null;
    this.stopped = why;
    if (first) this.process.after(0, () => this.onStop?.());
  }

  /** Within the transaction that lets go of the shard: what it has sent may land after that. */
  tellOfLateWrites(): void {
    const { model, database } = this.parts;
    if (this.givenUp > 0 || this.unanswered > 0) model.mayLandLate(this.claim, database.nowMs);
  }

  /** A write of the holder; one that is refused tells that the lease is lost. */
  write(work: () => void, done: () => void, failed: () => void): void {
    const { database } = this.parts;
    database.execute(this.process, work, done, (error) => {
      if ((error as Error).constructor.name === 'ModelLeaseLost') this.stop('lost');
      failed();
    });
  }
}

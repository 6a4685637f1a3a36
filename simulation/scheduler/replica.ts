import { Process } from '../engine/process';
import type { World } from '../engine/world';
import { nextEffect, type DrivenMigration, type EffectKind, type Transition } from './domain';
import type { Effects } from './effects';
import type { MigrationClaim, MigrationTable } from './migration-table';
import type { Database } from '../engine/database';
import type { Mutation } from '../mutations';

const CLAIM_MS = 10_000;
const POLL_MS = 1_000;
const FIRST_POLL_MS = 200;
const HELD_LOOK_MS = 30_000;
const CONCURRENCY = 4;

/** What an effect came to. */
export interface Outcome extends Transition {
  gone?: true;
}

export interface ReplicaOptions {
  world: World;
  database: Database;
  table: MigrationTable;
  effects: Effects;
  mutations: ReadonlySet<Mutation>;
}

/** One process of the scheduler: claims a migration that is due, does its effect, stores the outcome, as `Driver` does. */
export class Replica {
  readonly process: Process;
  private inFlight = 0;

  constructor(
    name: string,
    private readonly options: ReplicaOptions,
  ) {
    this.process = new Process(options.world, name, () => (this.inFlight = 0));
  }

  look(): void {
    const { database, table } = this.options;
    const free = CONCURRENCY - this.inFlight;
    if (free <= 0) return;
    database.execute(
      this.process,
      () => table.claim(CLAIM_MS, free),
      (claims) => claims.forEach((claim) => this.begin(claim)),
      () => undefined,
    );
  }

  private begin(claim: MigrationClaim): void {
    const { process, options } = this;
    const { effects, table, database } = options;
    const effect = nextEffect(claim.migration, claim.nowMs);
    this.inFlight += 1;
    let open = true;
    const end = (): void => {
      if (open) this.inFlight -= 1;
      open = false;
    };
    if (effect === 'nothing' || !('do' in effect)) {
      const dueInMs = dueIn(claim.migration, claim.migration, claim.nowMs);
      return this.write(() => table.settle(claim, claim.migration, dueInMs), end, end);
    }
    const startedMs = options.world.nowMs;
    this.keep(claim, () => open);
    effects.perform(
      process,
      effect.do,
      claim,
      () => claim.nowMs + options.world.nowMs - startedMs,
      (outcome) => this.store(claim, effect.do, outcome, end),
      () => database.execute(process, () => table.release(claim, retryMs(claim.failures)), end, end),
    );
  }

  /** Renews the claim while its effect lasts. */
  private keep(claim: MigrationClaim, isOpen: () => boolean): void {
    this.process.after(CLAIM_MS / 3, () => {
      if (!isOpen()) return;
      this.write(
        () => this.options.table.renew(claim, CLAIM_MS),
        () => undefined,
        () => undefined,
      );
      this.keep(claim, isOpen);
    });
  }

  /** The outcome and its events in one transaction; nothing of it when the migration was changed meanwhile. */
  private store(claim: MigrationClaim, effect: EffectKind, { migration, changes, gone }: Outcome, end: () => void): void {
    const { table, mutations, world } = this.options;
    const beside = mutations.has('events-beside-transaction');
    const work = (): void => {
      const dueInMs = dueIn(claim.migration, migration, this.options.database.nowMs);
      const kept = gone ? table.delete(claim) : table.settle(claim, migration, dueInMs, !mutations.has('revision-unchecked'));
      if (!kept) return table.abandon(claim);
      if (!beside) table.append(migration, changes);
      world.note(this.process.name, () => `${effect} → ${migration.id} ${migration.phase}/${migration.status} (${migration.order})`);
    };
    const after = (): void => {
      end();
      if (beside && changes.length > 0)
        this.write(
          () => table.append(migration, changes),
          () => undefined,
          () => undefined,
        );
    };
    this.write(work, after, () => this.write(() => table.release(claim, retryMs(claim.failures)), end, end));
  }

  private write(work: () => void, done: () => void, failed: () => void): void {
    this.options.database.execute(this.process, work, done, failed);
  }
}

function retryMs(failures: number): number {
  return Math.min(10_000, 500 * 2 ** Math.min(failures, 10));
}

/** Milliseconds until somebody is to look again, as `Driver` counts them; null: only when a user changes it. */
function dueIn(before: DrivenMigration, after: DrivenMigration, nowMs: number): number | null {
  const next = nextEffect(after, nowMs);
  if (next === 'nothing') return null;
  if ('waitUntilMs' in next) return next.waitUntilMs - nowMs;
  if (next.do === 'check-paused-run') return HELD_LOOK_MS;
  if (next.do === 'get-run') return before.order === 'watch' ? POLL_MS : FIRST_POLL_MS;
  return before.order === after.order && before.runId === after.runId && before.phase === after.phase ? POLL_MS : 0;
}

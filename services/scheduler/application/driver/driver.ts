import { randomUUID } from 'node:crypto';
import { nextEffect, type EffectKind } from '../../domain/migration/effects';
import type { DrivenMigration } from '../../domain/migration/driven-migration';
import type { EffectObserver } from '../ports/effect-observer';
import type { ProgressFeed } from '../ports/progress-feed';
import type { Claim, UnitOfWork } from '../ports/unit-of-work';
import type { EffectOutcome, PerformEffect } from './perform-effect';
import { WakeUp } from './wake-up';

export interface DriverOptions {
  unitOfWork: UnitOfWork;
  effects: Pick<PerformEffect, 'perform'>;
  observer: EffectObserver;
  progress: ProgressFeed;
  /** Migrations acted for at the same time by this replica. */
  concurrency?: number;
  /** How long a claim holds without being renewed: what a crash of this replica costs its migrations. */
  claimMs?: number;
  /** Between two looks at a run that goes on. */
  pollMs?: number;
}

const IDLE_LOOK_MS = 1_000;
const HELD_LOOK_MS = 30_000;
const FIRST_POLL_MS = 200;
const FIRST_RETRY_MS = 500;
const LONGEST_RETRY_MS = 10_000;

/**
 * Moves migrations: claims one that is due, does its next effect, stores the outcome. Any number of replicas may run;
 * the claim (on the database's clock) keeps them from doing the same work twice, and since every effect is idempotent
 * and every store checks the revision, a claim that was lost costs nothing but work.
 */
export class Driver {
  private readonly inFlight = new Map<string, { abort: AbortController; kind: EffectKind; done: Promise<void> }>();
  private readonly alarm = new WakeUp();
  private stopped = false;
  private loop: Promise<void> = Promise.resolve();
  private readonly concurrency: number;
  private readonly claimMs: number;
  private readonly pollMs: number;

  constructor(private readonly options: DriverOptions) {
    this.concurrency = options.concurrency ?? 16;
    this.claimMs = options.claimMs ?? 10_000;
    this.pollMs = options.pollMs ?? 1_000;
  }

  start(): void {
    this.loop = this.run();
  }

  /** Claims nothing more, cuts long effects short and gives all claims up, so that another replica goes on at once. */
  async stop(): Promise<void> {
    this.stopped = true;
    this.alarm.ring();
    for (const { abort } of this.inFlight.values()) abort.abort();
    await this.loop;
    // What the last round claimed while we were called.
    for (const { abort } of this.inFlight.values()) abort.abort();
    await Promise.all([...this.inFlight.values()].map(({ done }) => done));
  }

  /** Something became due. */
  wake(): void {
    this.alarm.ring();
  }

  /**
   * A user changed the migration: what runs for it is outdated. Only the long precheck is cut short. A start that is under
   * way is waited for: a cancel that overtook it would leave a run behind.
   */
  migrationChanged(id: string): void {
    const current = this.inFlight.get(id);
    if (current?.kind === 'precheck') current.abort.abort();
    this.alarm.ring();
  }

  private async run(): Promise<void> {
    while (!this.stopped) {
      try {
        await this.round();
      } catch (error) {
        this.options.observer.loopFailed(error);
        await this.alarm.wait(IDLE_LOOK_MS);
      }
    }
  }

  private async round(): Promise<void> {
    const { migrations } = this.options.unitOfWork.direct;
    const free = this.concurrency - this.inFlight.size;
    const claims = free > 0 ? await migrations.claim(randomUUID(), this.claimMs, free) : [];
    for (const claim of claims) this.begin(claim);
    if (this.stopped || (free > 0 && claims.length === free)) return;
    const dueInMs = free > claims.length ? await migrations.nextDueInMs() : null;
    await this.alarm.wait(Math.min(IDLE_LOOK_MS, Math.max(dueInMs ?? IDLE_LOOK_MS, 20)));
  }

  private begin(claim: Claim): void {
    const { id } = claim.migration;
    const started = performance.now();
    const nowMs = () => claim.nowMs + Math.round(performance.now() - started);
    const effect = nextEffect(claim.migration, claim.nowMs);
    const kind = effect !== 'nothing' && 'do' in effect ? effect.do : null;
    const abort = new AbortController();
    const work = kind === null ? this.reschedule(claim) : this.act(kind, claim, nowMs, abort);
    const done = work
      .catch((error: unknown) => this.options.observer.loopFailed(error))
      .finally(() => {
        this.inFlight.delete(id);
        this.alarm.ring();
      });
    this.inFlight.set(id, { abort, kind: kind ?? 'get-run', done });
  }

  private async reschedule(claim: Claim): Promise<void> {
    const { migrations } = this.options.unitOfWork.direct;
    if (!(await migrations.settle(claim, claim.migration, this.dueIn(claim.migration, claim.migration, claim.nowMs))))
      await migrations.abandon(claim);
  }

  private async act(kind: EffectKind, claim: Claim, nowMs: () => number, abort: AbortController): Promise<void> {
    const { observer, effects, unitOfWork } = this.options;
    const { migration, failures } = claim;
    const stopKeeping = this.keepClaim(claim, kind, abort);
    try {
      const call = { migration, failures, nowMs, signal: abort.signal };
      const outcome = await observer.effect(kind, migration, () => effects.perform(kind, call));
      await this.store(claim, outcome, nowMs());
    } catch (error) {
      if (abort.signal.aborted) return await unitOfWork.direct.migrations.abandon(claim);
      const retryInMs = Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(failures, 10)) * (0.75 + Math.random() / 4);
      observer.notThrough(kind, migration, error, retryInMs);
      await unitOfWork.direct.migrations.release(claim, retryInMs);
    } finally {
      stopKeeping();
    }
  }

  /** The outcome, its rows and its events in one transaction; nothing of it when the migration was changed meanwhile. */
  private async store(claim: Claim, outcome: EffectOutcome, nowMs: number): Promise<void> {
    const { unitOfWork, observer, progress } = this.options;
    const { migration, changes } = outcome;
    const stored = await unitOfWork.transaction(async (stores) => {
      const { migrations, events } = stores;
      const kept = outcome.gone
        ? await migrations.delete(claim)
        : await migrations.settle(claim, migration, this.dueIn(claim.migration, migration, nowMs));
      if (!kept) return false;
      await outcome.store?.(stores);
      await events.append(migration, changes);
      return true;
    });
    if (!stored) return unitOfWork.direct.migrations.abandon(claim);
    observer.changed(claim.migration, migration, changes);
    if (changes.length > 0 || outcome.gone || claim.migration.status !== migration.status) progress.announce(migration.id);
  }

  /** Milliseconds until somebody is to look again; null: only when a user changes it. */
  private dueIn(before: DrivenMigration, after: DrivenMigration, nowMs: number): number | null {
    const next = nextEffect(after, nowMs);
    if (next === 'nothing') return null;
    if ('waitUntilMs' in next) return next.waitUntilMs - nowMs;
    if (next.do === 'check-paused-run') return HELD_LOOK_MS;
    if (next.do === 'get-run') return before.order === 'watch' ? this.pollMs : Math.min(FIRST_POLL_MS, this.pollMs);
    return before.order === after.order && before.runId === after.runId && before.phase === after.phase && !before.limitsDue
      ? this.pollMs
      : 0;
  }

  /** Renews the claim while its effect lasts; a long effect whose migration was changed elsewhere is cut short. */
  private keepClaim(claim: Claim, kind: EffectKind, abort: AbortController): () => void {
    const { migrations } = this.options.unitOfWork.direct;
    const timer = setInterval(() => {
      migrations
        .renew(claim, this.claimMs)
        .then((state) => {
          if (state === 'lost' || (state === 'changed' && kind === 'precheck')) abort.abort();
        })
        .catch((error: unknown) => this.options.observer.loopFailed(error));
    }, this.claimMs / 3);
    return () => clearInterval(timer);
  }
}

import { randomUUID } from 'node:crypto';
import { nextEffect, type EffectKind } from '../../domain/migration/effects';
import type { Claim } from '../ports/unit-of-work';
import { canBeCutShort, CarryOut, type CarryOutOptions } from './carry-out';
import { WakeUp } from './wake-up';

type Defaulted = 'claimMs' | 'pollMs' | 'stuckAfterMs';

export interface DriverOptions extends Omit<CarryOutOptions, Defaulted>, Partial<Pick<CarryOutOptions, Defaulted>> {
  /** Migrations acted for at the same time by this replica. */
  concurrency?: number;
  /** While it says yes nothing is claimed. */
  isHeld?: () => boolean;
}

const IDLE_LOOK_MS = 1_000;
/** For an order that is under way when its migration is changed. Another replica may go on after that. */
const LET_THROUGH_MS = 1_000;
const STUCK_AFTER_MS = 5 * 60_000;

interface InFlight {
  claim: Claim;
  kind: EffectKind | null;
  abort: AbortController;
  done: Promise<void>;
}

/**
 * Moves migrations: claims one that is due, does its next effect, stores the outcome. Any number of replicas may run;
 * the claim (on the database's clock) keeps them from doing the same work twice, and since every effect is idempotent
 * and every store checks the revision, a claim that was lost costs nothing but work.
 */
export class Driver {
  /** By claim: of one migration there may be two, when a claim was lost and what it began still lasts. */
  private readonly inFlight = new Map<string, InFlight>();
  private readonly alarm = new WakeUp();
  private stopped = false;
  private loop: Promise<void> = Promise.resolve();
  private readonly concurrency: number;
  private readonly claimMs: number;
  private readonly work: CarryOut;

  constructor(private readonly options: DriverOptions) {
    const { concurrency = 16, claimMs = 10_000, pollMs = 1_000, stuckAfterMs = STUCK_AFTER_MS } = options;
    this.concurrency = concurrency;
    this.claimMs = claimMs;
    this.work = new CarryOut({ ...options, claimMs, pollMs, stuckAfterMs });
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
   * A migration was changed here or by another replica: what runs for an earlier version of it is outdated. What only looks is cut short
   * at once; an order that is under way has a second to get through, so that what follows does not overtake it. Then the claim is free.
   */
  migrationChanged(id: string, version = Infinity): void {
    for (const { claim, kind, abort } of this.inFlight.values()) {
      if (claim.migration.id !== id || claim.migration.version >= version) continue;
      if (kind !== null && canBeCutShort(kind)) abort.abort();
      else setTimeout(() => abort.abort(), LET_THROUGH_MS).unref();
    }
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
    const free = this.options.isHeld?.() ? 0 : this.concurrency - this.inFlight.size;
    const claims = free > 0 ? await migrations.claim(randomUUID(), this.claimMs, free) : [];
    for (const claim of claims) this.begin(claim);
    if (this.stopped || (free > 0 && claims.length === free)) return;
    const dueInMs = free > claims.length ? await migrations.nextDueInMs() : null;
    await this.alarm.wait(Math.min(IDLE_LOOK_MS, Math.max(dueInMs ?? IDLE_LOOK_MS, 20)));
  }

  private begin(claim: Claim): void {
    this.options.observer.claimed(claim.overdueMs);
    const effect = nextEffect(claim.migration, claim.nowMs);
    const kind = effect !== 'nothing' && 'do' in effect ? effect.do : null;
    const abort = new AbortController();
    const key = `${claim.token} ${claim.migration.id}`;
    const work = kind === null ? this.work.reschedule(claim) : this.work.attempt(kind, claim, abort);
    const done = work
      .catch((error: unknown) => this.options.observer.loopFailed(error))
      .finally(() => {
        this.inFlight.delete(key);
        this.alarm.ring();
      });
    this.inFlight.set(key, { claim, kind, abort, done });
  }
}

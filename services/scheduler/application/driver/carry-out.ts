import { newId, toSmartantError } from '@smartant/kernel';
import type { EffectKind } from '../../domain/migration/effects';
import { applyStuck } from '../../domain/migration/transitions';
import type { EffectObserver } from '../ports/effect-observer';
import type { ProgressFeed } from '../ports/progress-feed';
import type { Claim, UnitOfWork } from '../ports/unit-of-work';
import { boundedEffect, effectDeadlineMs } from './bounded-effect';
import { lookAgain } from './look-again';
import { asMigrationError, type EffectOutcome, type PerformEffect } from './perform-effect';

export interface CarryOutOptions {
  unitOfWork: UnitOfWork;
  effects: Pick<PerformEffect, 'perform'>;
  observer: EffectObserver;
  progress: ProgressFeed;
  /** How long a claim holds without being renewed: what a crash of this replica costs its migrations. */
  claimMs: number;
  /** Between two looks at a run that goes on. */
  pollMs: number;
  /** How long an effect may not go through before its migration is shown as stuck. */
  stuckAfterMs: number;
  /** How long one attempt may take. */
  deadlineMs?: (kind: EffectKind) => number;
}

const FIRST_RETRY_MS = 500;
const LONGEST_RETRY_MS = 10_000;

/** Carries out what is due for one claimed migration, and stores what came of it. */
export class CarryOut {
  constructor(private readonly options: CarryOutOptions) {}

  /** Nothing is due yet: gives the claim up until it is. */
  async reschedule(claim: Claim): Promise<void> {
    const { migrations } = this.options.unitOfWork.direct;
    const { dueInMs } = lookAgain(claim.migration, claim.migration, claim.quietLooks, claim.nowMs, this.options.pollMs);
    if (!(await migrations.settle(claim, claim.migration, dueInMs, claim.quietLooks))) await migrations.abandon(claim);
  }

  /** One attempt. `abort` cuts it short: then nothing is stored, and no failure is counted. */
  async attempt(kind: EffectKind, claim: Claim, abort: AbortController): Promise<void> {
    const { observer, effects, unitOfWork, deadlineMs = effectDeadlineMs } = this.options;
    const { migration, failures } = claim;
    const nowMs = clockOf(claim);
    const stopKeeping = this.keepClaim(claim, kind, abort);
    try {
      const outcome = await observer.effect(kind, migration, () =>
        boundedEffect(kind, deadlineMs(kind), abort.signal, (signal) => effects.perform(kind, { migration, failures, nowMs, signal })),
      );
      await this.store(claim, outcome, nowMs());
    } catch (error) {
      if (abort.signal.aborted) return await unitOfWork.direct.migrations.abandon(claim);
      await this.failed(kind, claim, error, nowMs());
    } finally {
      stopKeeping();
    }
  }

  /** The outcome, its rows and its events in one transaction; nothing of it when the migration was changed meanwhile. */
  private async store(claim: Claim, outcome: EffectOutcome, nowMs: number): Promise<void> {
    const { unitOfWork, observer, progress, pollMs } = this.options;
    const { migration, changes } = outcome;
    const { dueInMs, quietLooks } = lookAgain(claim.migration, migration, claim.quietLooks, nowMs, pollMs);
    const stored = await unitOfWork.transaction(async (stores) => {
      const { migrations, events } = stores;
      const kept = outcome.gone ? await migrations.delete(claim) : await migrations.settle(claim, migration, dueInMs, quietLooks);
      if (!kept) return false;
      await outcome.store?.(stores);
      await events.append(migration, changes);
      return true;
    });
    if (!stored) return unitOfWork.direct.migrations.abandon(claim);
    observer.changed(claim.migration, migration, changes);
    if (changes.length > 0 || outcome.gone || claim.migration.status !== migration.status)
      progress.announce(migration.id, migration.version);
  }

  /** Tried again after a pause, for ever; shown as stuck when that has gone on for long. */
  private async failed(kind: EffectKind, claim: Claim, error: unknown, nowMs: number): Promise<void> {
    const { observer, unitOfWork, progress, stuckAfterMs } = this.options;
    const { migration, failures } = claim;
    const retryInMs = Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(failures, 10)) * (0.75 + Math.random() / 4);
    observer.notThrough(kind, migration, error, retryInMs);
    const sinceMs = claim.failingSinceMs ?? nowMs;
    const reason = { ...asMigrationError(toSmartantError(error)), retryable: true };
    const told = migration.stuck?.effect === kind && migration.stuck.error.code === reason.code;
    if (told || nowMs - sinceMs < stuckAfterMs) return unitOfWork.direct.migrations.release(claim, retryInMs);
    const trouble = { effect: kind, since: new Date(sinceMs).toISOString(), error: reason };
    const stuck = applyStuck(migration, trouble, { nowMs, newRunId: () => newId('run') });
    const stored = await unitOfWork.transaction(async ({ migrations, events }) => {
      if (!(await migrations.releaseStuck(claim, stuck.migration, retryInMs))) return false;
      await events.append(stuck.migration, stuck.changes);
      return true;
    });
    if (!stored) return unitOfWork.direct.migrations.abandon(claim);
    observer.changed(migration, stuck.migration, stuck.changes);
    progress.announce(migration.id, stuck.migration.version);
  }

  /** Renews the claim while its effect lasts; one that was lost is cut short, and so is a long effect whose migration was changed. */
  private keepClaim(claim: Claim, kind: EffectKind, abort: AbortController): () => void {
    const { unitOfWork, observer, claimMs } = this.options;
    const timer = setInterval(() => {
      unitOfWork.direct.migrations
        .renew(claim, claimMs)
        .then((state) => {
          if (state === 'lost' || (state === 'changed' && canBeCutShort(kind))) abort.abort();
        })
        .catch((error: unknown) => observer.loopFailed(error));
    }, claimMs / 3);
    return () => clearInterval(timer);
  }
}

/** What only looks can be repeated at once. What gives an order is let through if it is quick: a start that a cancel overtook would be left behind. */
export function canBeCutShort(kind: EffectKind): boolean {
  return kind === 'precheck' || kind === 'get-run' || kind === 'check-paused-run';
}

/** The database's clock, as it was told when the migration was claimed and as it has gone on since. */
function clockOf({ nowMs }: Claim): () => number {
  const started = performance.now();
  return () => nowMs + Math.round(performance.now() - started);
}

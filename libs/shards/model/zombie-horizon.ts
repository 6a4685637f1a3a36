import type { Journal } from './journal';
import type { ModelRules, ModelRun } from './lease-state';

const EVERY_MIGRATION = '';

/** Until when stale writes may land at the target of a migration, by the database's clock. */
export class ZombieHorizon {
  private readonly untilMs = new Map<string, number>();

  constructor(
    private readonly journal: Journal,
    private readonly rules: ModelRules,
    private readonly writeDeadlineMs: number,
  ) {}

  /** 0 when no stale write is known of. */
  of(run: ModelRun): number {
    if (!this.rules.zombieHorizon) return 0;
    return Math.max(this.untilMs.get(this.keyOf(run)) ?? 0, this.untilMs.get(EVERY_MIGRATION) ?? 0);
  }

  /** A write that was sent at `sentMs` at the latest may be under way. */
  extend(run: ModelRun, sentMs: number): void {
    this.raise(this.keyOf(run), sentMs + this.writeDeadlineMs);
  }

  /** What was going on in a lost future is in no table, so it holds for every migration. */
  extendAll(sentMs: number): void {
    this.raise(EVERY_MIGRATION, sentMs + this.writeDeadlineMs);
  }

  forget(migrationId: string): void {
    this.journal.put(this.untilMs, migrationId, undefined);
  }

  private raise(key: string, untilMs: number): void {
    this.journal.put(this.untilMs, key, Math.max(this.untilMs.get(key) ?? 0, untilMs));
  }

  private keyOf({ runId, migrationId }: ModelRun): string {
    return this.rules.horizonAcrossRuns ? migrationId : runId;
  }
}

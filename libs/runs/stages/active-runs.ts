import type { LimitedWork, RunSignal, ScopedLimits, SharedLimits } from '@smartant/shards';
import type { Run } from '../run';
import { limitsNow, limitsOf, scopesOf, type HeldPhases } from '../run-limits';
import type { SecretSource } from '../secrets';
import { TransferMeter } from '../transfer-meter';

/** A run as this process works on it: its share of the limits, and what it moves. */
export class ActiveRun<R extends Run = Run> {
  readonly meter = new TransferMeter();
  /** What its stage has told last of the run. */
  readonly told: Partial<R> = {};
  private readonly limited: LimitedWork;
  private readonly scopes: string[];
  private heard: ScopedLimits[] = [];

  constructor(
    readonly run: R,
    limits: SharedLimits,
    heldPhases: HeldPhases,
  ) {
    this.scopes = scopesOf(run);
    this.limited = limits.open(this.scopes);
    this.obey(limitsNow(run, Date.now(), heldPhases));
  }

  get runId(): string {
    return this.run.runId;
  }

  /**
   * Waits until the migration, its endpoints and its workspace may move so many bytes, by so many requests. They are read at one end and
   * written at the other.
   */
  admit(bytes: number, signal: AbortSignal, requests = 0): Promise<void> {
    return this.limited.take(
      this.scopes.map((scope) => ({ scope, bytes, requests })),
      signal,
    );
  }

  /** The tightest of its limits now; null: none. */
  bytesPerSecond(): number | null {
    const limits = this.heard.map(({ limits: { bytesPerSecond } }) => bytesPerSecond).filter((limit) => limit > 0);
    return limits.length > 0 ? Math.min(...limits) : null;
  }

  /** Limits as they were changed. */
  hear(signal: RunSignal): void {
    this.obey(limitsOf(signal.settings, this.run.migrationId));
  }

  close(): void {
    this.limited.close();
  }

  private obey(limits: ScopedLimits[]): void {
    this.heard = limits;
    this.limited.hear(limits);
  }
}

/** The runs that this process works on. A run has one shard at a time, but its last one may still be ending when the next begins. */
export class ActiveRuns<R extends Run = Run> {
  private readonly open = new Set<ActiveRun<R>>();

  constructor(
    private readonly limits: SharedLimits,
    private readonly heldPhases: HeldPhases,
    private readonly secrets: Pick<SecretSource, 'release'>,
  ) {}

  async use<T>(run: R, work: (active: ActiveRun<R>) => Promise<T>): Promise<T> {
    const active = new ActiveRun(run, this.limits, this.heldPhases);
    this.open.add(active);
    try {
      return await work(active);
    } finally {
      this.open.delete(active);
      active.close();
      if (![...this.open].some(({ runId }) => runId === run.runId)) this.secrets.release(run);
    }
  }

  hear(signal: RunSignal): void {
    for (const active of this.open) if (active.runId === signal.runId) active.hear(signal);
  }

  active(): ActiveRun<R>[] {
    return [...this.open];
  }
}

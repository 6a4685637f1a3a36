import { limitsNow, limitsOf, scopesOf, TransferMeter } from '@smartant/runs';
import type { LimitedWork, RunSignal, SharedLimits } from '@smartant/shards';
import type { Run } from '../../domain/run';
import { HELD_PHASES } from '../../domain/stages';
import type { StreamState } from '../../domain/stream-state';
import type { SecretSource } from '../ports/secrets';

/** A run as this process works on it: its share of the limits, and what it moves. */
export class ActiveRun {
  readonly meter = new TransferMeter();
  /** As the engine told last; null where the stage is no stream. */
  stream: StreamState | null = null;
  private readonly limited: LimitedWork;
  private readonly scopes: string[];

  constructor(
    readonly run: Run,
    limits: SharedLimits,
  ) {
    this.scopes = scopesOf(run);
    this.limited = limits.open(this.scopes);
    this.limited.hear(limitsNow(run, Date.now(), HELD_PHASES));
  }

  get runId(): string {
    return this.run.runId;
  }

  /** Waits until the migration, its endpoints and its workspace may move so many bytes. They are read at one end and written at the other. */
  admit(bytes: number, signal: AbortSignal): Promise<void> {
    return this.limited.take(
      this.scopes.map((scope) => ({ scope, bytes, requests: 0 })),
      signal,
    );
  }

  /** Limits as they were changed. */
  hear(signal: RunSignal): void {
    this.limited.hear(limitsOf(signal.settings, this.run.migrationId));
  }

  close(): void {
    this.limited.close();
  }
}

/** The runs that this process works on. A run has one shard at a time, but its last one may still be ending when the next begins. */
export class ActiveRuns {
  private readonly open = new Set<ActiveRun>();

  constructor(
    private readonly limits: SharedLimits,
    private readonly secrets: Pick<SecretSource, 'release'>,
  ) {}

  async use<T>(run: Run, work: (active: ActiveRun) => Promise<T>): Promise<T> {
    const active = new ActiveRun(run, this.limits);
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

  active(): ActiveRun[] {
    return [...this.open];
  }
}

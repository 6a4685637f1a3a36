import { toSmartantError } from '@smartant/kernel';
import type { Logger } from '@smartant/platform/logging';
import { gauge } from '@smartant/platform/metrics';
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { PostgresConditionStore } from '../adapters/postgres/postgres-condition-store';
import { WatcherLease, type Lease, type WatcherDatabase } from '../adapters/postgres/watcher-lease';
import type { AlertIntake } from '../application/ports/alert-intake';
import { KubeClient, type KubeAccess } from './kubernetes/kube-client';
import { lead } from './session/lead';
import { StreamHealth } from './session/stream-health';
import { DEFAULT_WATCHER_OPTIONS, type WatcherOptions } from './watcher-settings';

export interface WatcherParts {
  /** A KubeConfig of @kubernetes/client-node, as `loadKubeConfig` gives it. */
  readonly kubeConfig: KubeAccess;
  readonly intake: AlertIntake;
  /** Of the schema that `watcherMigrations` made its tables in. */
  readonly database: WatcherDatabase;
  readonly logger: Logger;
  readonly options?: Partial<WatcherOptions>;
}

export interface Watchers {
  /** Resolves when nothing is read, written or told any more; the lead is handed back. */
  stop(): Promise<void>;
  readonly health: {
    /** Of all replicas one leads. */
    readonly isLeading: boolean;
    /** Streams that are followed now: "nodes", "events/prod". */
    readonly live: readonly string[];
    /** For `HealthRegistry.addConcerns`: what is not seen, and why. A notifier that cannot see the cluster still tells of everything else. */
    concerns(): string[];
  };
}

const configured = gauge('smartant_notifier_watch_configured', 'Whether this replica would watch the cluster if no other did: 1 or 0');
const leading = gauge('smartant_notifier_watch_leader', 'Whether this replica watches the cluster: 1 or 0');

/** Takes the lead whenever nobody has it. Raises KUBERNETES_CONFIG_INVALID; whatever fails later is tried again until `stop`. */
export function startWatchers({ kubeConfig, intake, database, logger, options = {} }: WatcherParts): Watchers {
  const settings = { ...DEFAULT_WATCHER_OPTIONS, ...options };
  const client = new KubeClient(kubeConfig);
  const health = new StreamHealth(logger);
  const stopping = new AbortController();
  configured.set(1);
  const terms = new LeadTerms(new WatcherLease(database, settings.leaseSeconds), settings.leaseSeconds, logger);
  const done = terms.run(stopping.signal, (held, lease, signal) =>
    lead({ client, store: new PostgresConditionStore(database, lease, held), intake, health, logger, options: settings }, signal),
  );
  return {
    stop: async () => {
      stopping.abort();
      await done;
    },
    health: {
      get isLeading() {
        return terms.isLeading;
      },
      get live() {
        return health.liveScopes;
      },
      concerns: () => health.concerns(),
    },
  };
}

type Term = (held: Lease, lease: WatcherLease, signal: AbortSignal) => Promise<void>;

/** Terms of leading, one after the other: each ends with the lease, or with the process. */
class LeadTerms {
  private readonly holder = randomUUID();
  private held: Lease | null = null;

  constructor(
    private readonly lease: WatcherLease,
    private readonly leaseSeconds: number,
    private readonly logger: Logger,
  ) {}

  get isLeading(): boolean {
    return this.held !== null;
  }

  async run(signal: AbortSignal, term: Term): Promise<void> {
    while (!signal.aborted) {
      const held = await this.lease.take(this.holder).catch((error: unknown) => this.note(error, 'The lead could not be asked for.'));
      if (held) await this.serve(held, signal, term);
      else await this.pause(signal);
    }
  }

  private async serve(held: Lease, signal: AbortSignal, term: Term): Promise<void> {
    this.setHeld(held);
    this.logger.info({ epoch: held.epoch }, 'This replica watches the cluster.');
    const ending = new AbortController();
    const both = AbortSignal.any([signal, ending.signal]);
    const renewing = this.keep(held, both)
      .catch((error: unknown) => this.note(error, 'The lead is lost.'))
      .finally(() => ending.abort());
    await term(held, this.lease, both).catch((error: unknown) => this.note(error, 'The watching ended.'));
    ending.abort();
    await renewing;
    await this.lease.handBack(held).catch(() => undefined);
    this.setHeld(null);
    if (!signal.aborted) await this.pause(signal);
  }

  /** Ends when the lead is lost, or may be, since nothing was heard of the database for as long as it lasts. */
  private async keep(held: Lease, signal: AbortSignal): Promise<void> {
    let keptAtMs = performance.now();
    for (;;) {
      await this.pause(signal);
      if (signal.aborted) return;
      const askedAtMs = performance.now();
      try {
        await this.lease.renew(held);
        keptAtMs = askedAtMs;
      } catch (error) {
        const isOver = toSmartantError(error).code === 'WATCHER_LEASE_LOST' || performance.now() - keptAtMs > this.leaseSeconds * 1000;
        if (isOver) throw error;
      }
    }
  }

  private setHeld(held: Lease | null): void {
    this.held = held;
    leading.set(held ? 1 : 0);
  }

  private pause(signal: AbortSignal): Promise<void> {
    return sleep((this.leaseSeconds * 1000) / 3, undefined, { signal }).catch(() => undefined);
  }

  private note(raised: unknown, text: string): null {
    const error = toSmartantError(raised);
    this.logger[error.code === 'WATCHER_LEASE_LOST' ? 'info' : 'warn']({ code: error.code, err: error }, text);
    return null;
  }
}

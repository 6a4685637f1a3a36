import type { OpenStorage, StorageConnector, StorageWriter } from '@smartant/connectors';
import { SmartantError } from '@smartant/kernel';
import { limitsNow, limitsOf, scopesOf, TransferMeter } from '@smartant/runs';
import { scopeKey, type Gate, type LimitedWork, type RunSignal, type SharedLimits } from '@smartant/shards';
import { HELD_PHASES, type Endpoint, type Run, type RunPlan } from '../../domain/run';
import type { PartBuffers } from '../objects/part-buffers';
import type { Observer } from '../ports/observer';
import type { SecretSource } from '../ports/secrets';

/** What all runs of this process share. */
export interface ProcessResources {
  openStorage: OpenStorage;
  secrets: SecretSource;
  observer: Observer;
  /** Bytes of buffers. */
  memory: Gate;
  /** Buffers of parts, used again. */
  parts: PartBuffers;
  /** Objects in flight. */
  objects: Gate;
  /** This process's part in limits that all replicas share. */
  limits: SharedLimits;
}

/** A run as this process works on it: its connectors, and its share of the limits. */
export class RunContext {
  readonly meter = new TransferMeter();
  readonly source: StorageConnector;
  readonly target: StorageConnector;
  private readonly limited: LimitedWork;

  constructor(
    readonly run: Run,
    readonly resources: ProcessResources,
    /**
     * Verification reads both sides, and both count against the migration's and the workspace's bandwidth; a copy's bytes
     * count once, at the source. Each endpoint counts all that it sends or gets.
     */
    verifying: boolean,
  ) {
    this.limited = resources.limits.open(scopesOf(run));
    this.limited.hear(limitsNow(run, Date.now(), HELD_PHASES));
    this.source = this.open(run.source, true);
    this.target = this.open(run.target, verifying);
  }

  get runId(): string {
    return this.run.runId;
  }

  get plan(): RunPlan {
    if (this.run.plan) return this.run.plan;
    throw new SmartantError('RUN_NOT_PLANNED', `Run ${this.run.runId} has shards but no plan.`, { kind: 'internal' });
  }

  /** The target's writer. Raises TARGET_READ_ONLY. */
  get writer(): StorageWriter {
    if (this.target.writer) return this.target.writer;
    throw targetReadOnly();
  }

  /** Waits for a place among the objects in flight: of this migration, its endpoints, its workspace and this process. */
  async enter(signal: AbortSignal): Promise<() => void> {
    const leaveScopes = await this.limited.enter(signal);
    try {
      const leaveProcess = await this.resources.objects.enter(signal);
      return () => {
        leaveProcess();
        leaveScopes();
      };
    } catch (error) {
      leaveScopes();
      throw error;
    }
  }

  /** Limits as they were changed. */
  hear(signal: RunSignal): void {
    this.limited.hear(limitsOf(signal.settings, this.run.migrationId));
  }

  async close(): Promise<void> {
    this.limited.close();
    await Promise.allSettled([this.source.reader.close(), this.target.reader.close()]);
  }

  private open(endpoint: Endpoint, countBytes: boolean): StorageConnector {
    const { run, resources } = this;
    const own = [scopeKey('migration', run.migrationId), scopeKey('workspace', run.workspaceId)];
    const charges = (bytes: number) => [
      ...own.map((scope) => ({ scope, bytes: countBytes ? bytes : 0, requests: 1 })),
      { scope: scopeKey('endpoint', endpoint.id), bytes, requests: 1 },
    ];
    return resources.openStorage(endpoint.location, {
      secret: (signal) => resources.secrets.resolve(run, endpoint, signal),
      symlinks: run.scope.symlinks,
      directoryMarkers: run.scope.directoryMarkers,
      admit: ({ bytes }, signal) => this.limited.take(charges(bytes), signal),
      onRetry: (code) => {
        this.meter.retry();
        resources.observer.retried(code);
      },
    });
  }
}

export function targetReadOnly(): SmartantError {
  return new SmartantError('TARGET_READ_ONLY', 'The target can only be read.', {
    kind: 'invalid',
    hint: 'Name a bucket as the target: file roots can only be a source.',
  });
}

import type { OpenStorage, StorageConnector, StorageWriter } from '@smartant/connectors';
import { SmartantError } from '@smartant/kernel';
import { Gate, Throttle, type Json, type RunSignal } from '@smartant/shards';
import type { Endpoint, Limits, Run, RunPlan } from '../../domain/run';
import type { PartBuffers } from '../objects/part-buffers';
import type { Observer } from '../ports/observer';
import type { SecretSource } from '../ports/secrets';
import { TransferMeter } from './transfer-meter';

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
  /** Objects in flight for one migration, unless its limits say otherwise. */
  defaultConcurrency: number;
}

/** A run as this process works on it: its connectors, and its share of the limits. */
export class RunContext {
  readonly meter = new TransferMeter();
  readonly source: StorageConnector;
  readonly target: StorageConnector;
  private readonly throttle: Throttle;
  private readonly gate: Gate;

  constructor(
    readonly run: Run,
    readonly resources: ProcessResources,
    /** Verification reads both sides, and both count against the bandwidth; a copy's bytes count once, at the source. */
    verifying: boolean,
  ) {
    this.throttle = new Throttle(run.limits);
    this.gate = new Gate(run.limits.concurrency || resources.defaultConcurrency);
    this.source = this.open(run.source, true);
    this.target = this.open(run.target, verifying);
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

  /** Waits for a place among the objects in flight, of this migration and of this process. */
  async enter(signal: AbortSignal): Promise<() => void> {
    const leaveRun = await this.gate.enter(signal);
    try {
      const leaveProcess = await this.resources.objects.enter(signal);
      return () => {
        leaveProcess();
        leaveRun();
      };
    } catch (error) {
      leaveRun();
      throw error;
    }
  }

  /** Limits as they are now, divided by the processes that work on the run. */
  hear(signal: RunSignal): void {
    const limits = limitsOf(signal.settings) ?? this.run.limits;
    const share = (limit: number): number => (limit === 0 ? 0 : Math.max(1, Math.ceil(limit / signal.workers)));
    this.throttle.setRates({ bytesPerSecond: share(limits.bytesPerSecond), requestsPerSecond: share(limits.requestsPerSecond) });
    this.gate.setLimit(share(limits.concurrency) || this.resources.defaultConcurrency);
  }

  async close(): Promise<void> {
    await Promise.allSettled([this.source.reader.close(), this.target.reader.close()]);
  }

  private open(endpoint: Endpoint, countBytes: boolean): StorageConnector {
    const { run, resources } = this;
    return resources.openStorage(endpoint.location, {
      secret: (signal) => resources.secrets.resolve(run, endpoint, signal),
      symlinks: run.scope.symlinks,
      directoryMarkers: run.scope.directoryMarkers,
      admit: ({ bytes }, signal) => this.throttle.take({ bytes: countBytes ? bytes : 0, requests: 1 }, signal),
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

/** Limits as they are kept with the run's shards. */
export function limitsOf(settings: Json): Limits | null {
  return settings !== null && typeof settings === 'object' && 'bytesPerSecond' in settings ? (settings as unknown as Limits) : null;
}

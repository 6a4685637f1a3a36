import { commonV1, eventsV1 } from '@smartant/contracts';
import type { EventBus } from '@smartant/platform/events';
import type { Observer } from '../../observer';
import type { SharedView } from '../../run-control';
import type { TransferMeter } from '../../transfer-meter';
import { phaseToProto } from '../grpc/to-proto';

const CHANNEL = 'smartant.progress.v1';
const INTERVAL_MS = 1_000;
const RATE_WINDOW_MS = 5_000;

interface Sample {
  atMs: number;
  objects: number;
}

/** A run as this process works on it. */
export interface ActiveRun {
  runId: string;
  meter: TransferMeter;
}

export interface ProgressBroadcastOptions<V extends SharedView> {
  bus: Pick<EventBus, 'broadcast'>;
  active: () => ActiveRun[];
  runs: { get(runId: string): Promise<V> };
  observer: Observer;
  /** The ledger as it is shown, with bytes that no checkpoint holds yet; and how many units were done, for their rate. */
  progress: (view: V, unsavedBytes: number) => { ledger: Partial<commonV1.Ledger>; unitsDone: number };
}

/** Broadcasts the progress of the runs that this process works on, once a second. Lossy; nothing depends on it. */
export class ProgressBroadcast<V extends SharedView> {
  private readonly samples = new Map<string, Sample[]>();
  private timer: NodeJS.Timeout | undefined;
  private busy = false;

  constructor(private readonly options: ProgressBroadcastOptions<V>) {}

  start(): void {
    this.timer = setInterval(() => void this.tick(), INTERVAL_MS);
    this.timer.unref();
  }

  stop(): void {
    clearInterval(this.timer);
  }

  private async tick(): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    try {
      const active = this.options.active();
      const runIds = new Set(active.map(({ runId }) => runId));
      for (const known of this.samples.keys()) if (!runIds.has(known)) this.samples.delete(known);
      for (const runId of runIds) {
        const meters = active.filter((run) => run.runId === runId).map(({ meter }) => meter);
        const view = await this.options.runs.get(runId);
        await this.options.bus.broadcast(CHANNEL, this.progressOf(view, meters));
      }
    } catch (error) {
      this.options.observer.warn('progress not broadcast', {}, error);
    } finally {
      this.busy = false;
    }
  }

  private progressOf(view: V, meters: TransferMeter[]): object {
    const sum = (pick: (meter: TransferMeter) => number): number => meters.reduce((total, meter) => total + pick(meter), 0);
    const { run, shardsTotal, shardsDone } = view;
    const { ledger, unitsDone } = this.options.progress(
      view,
      sum((meter) => meter.unsavedBytes),
    );
    return eventsV1.Progress.toJSON({
      runId: run.runId,
      migrationId: run.migrationId,
      workspaceId: run.workspaceId,
      phase: phaseToProto(run.phase),
      ledger: commonV1.Ledger.fromPartial(ledger),
      shardsTotal,
      shardsDone,
      expectedObjects: run.expectedObjects,
      expectedBytes: run.expectedBytes,
      bytesPerSecond: sum((meter) => meter.bytesPerSecond()),
      objectsPerSecond: this.unitsPerSecond(run.runId, unitsDone),
      at: new Date().toISOString(),
    }) as object;
  }

  private unitsPerSecond(runId: string, objects: number): number {
    const nowMs = performance.now();
    const samples = (this.samples.get(runId) ?? []).filter(({ atMs }) => nowMs - atMs <= RATE_WINDOW_MS);
    samples.push({ atMs: nowMs, objects });
    this.samples.set(runId, samples);
    const first = samples[0];
    if (!first || first.atMs === nowMs) return 0;
    return Math.max(0, Math.round(((objects - first.objects) / (nowMs - first.atMs)) * 10_000) / 10);
  }
}

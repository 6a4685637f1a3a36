import { commonV1, eventsV1 } from '@smartant/contracts';
import type { EventBus } from '@smartant/platform/events';
import type { RunControl, RunView } from '../../application/runs/run-control';
import type { RunContexts } from '../../application/runs/run-contexts';
import type { Observer } from '../../application/ports/observer';
import { phaseToProto } from '../grpc/to-proto';

const CHANNEL = 'smartant.progress.v1';
const INTERVAL_MS = 1_000;
const RATE_WINDOW_MS = 5_000;

interface Sample {
  atMs: number;
  objects: number;
}

/** Broadcasts the progress of the runs that this process works on, once a second. Lossy; nothing depends on it. */
export class ProgressBroadcast {
  private readonly samples = new Map<string, Sample[]>();
  private timer: NodeJS.Timeout | undefined;
  private busy = false;

  constructor(
    private readonly options: {
      bus: Pick<EventBus, 'broadcast'>;
      contexts: RunContexts;
      runs: RunControl;
      observer: Observer;
    },
  ) {}

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
      const active = this.options.contexts.active();
      const runIds = new Set(active.map((context) => context.run.runId));
      for (const known of this.samples.keys()) if (!runIds.has(known)) this.samples.delete(known);
      for (const runId of runIds) {
        const meters = active.filter((context) => context.run.runId === runId).map((context) => context.meter);
        const sum = (pick: (meter: (typeof meters)[number]) => number): number => meters.reduce((total, meter) => total + pick(meter), 0);
        const view = await this.options.runs.get(runId);
        await this.options.bus.broadcast(
          CHANNEL,
          this.progressOf(
            view,
            sum((m) => m.bytesPerSecond()),
            sum((m) => m.unsavedBytes),
          ),
        );
      }
    } catch (error) {
      this.options.observer.warn('progress not broadcast', {}, error);
    } finally {
      this.busy = false;
    }
  }

  private progressOf(
    { run, ledger, shardsTotal, shardsDone, partialBytes }: RunView,
    bytesPerSecond: number,
    unsavedBytes: number,
  ): object {
    const verifying = ledger.verifiedObjects > 0;
    const bytes = verifying
      ? { verifiedBytes: ledger.verifiedBytes + unsavedBytes }
      : { copiedBytes: ledger.copiedBytes + Math.max(unsavedBytes, partialBytes) };
    return eventsV1.Progress.toJSON({
      runId: run.runId,
      migrationId: run.migrationId,
      workspaceId: run.workspaceId,
      phase: phaseToProto(run.phase),
      ledger: commonV1.Ledger.fromPartial({ ...ledger, ...bytes }),
      shardsTotal,
      shardsDone,
      expectedObjects: run.expectedObjects,
      expectedBytes: run.expectedBytes,
      bytesPerSecond,
      objectsPerSecond: this.objectsPerSecond(run.runId, ledger.copiedObjects + ledger.unchangedObjects + ledger.verifiedObjects),
      at: new Date().toISOString(),
    }) as object;
  }

  private objectsPerSecond(runId: string, objects: number): number {
    const nowMs = performance.now();
    const samples = (this.samples.get(runId) ?? []).filter(({ atMs }) => nowMs - atMs <= RATE_WINDOW_MS);
    samples.push({ atMs: nowMs, objects });
    this.samples.set(runId, samples);
    const first = samples[0];
    if (!first || first.atMs === nowMs) return 0;
    return Math.max(0, Math.round(((objects - first.objects) / (nowMs - first.atMs)) * 10_000) / 10);
  }
}

import { gauge, type MetricName } from '@smartant/platform/metrics';
import type { ActiveRuns } from '../../application/runs/active-runs';
import type { StreamState } from '../../domain/stream-state';

/** How far the streams that this process holds are behind. Asked for when metrics are scraped. */
export function watchLag(active: ActiveRuns): void {
  const watch = (name: MetricName, help: string, pick: (stream: StreamState) => number): void => {
    const watched = gauge(name, help, ['migration']);
    const collect = (): void => {
      watched.reset();
      for (const { run, stream } of active.active()) if (stream) watched.set({ migration: run.migrationId }, pick(stream));
    };
    Object.assign(watched, { collect });
  };
  watch('smartant_database_lag_bytes', 'Log of the source that is not applied yet', ({ lagBytes }) => lagBytes);
  watch('smartant_database_lag_seconds', 'Age of the oldest change that is not applied yet', ({ lagMs }) => lagMs / 1_000);
  watch('smartant_database_retained_bytes', 'Log that the source keeps for the migration', ({ retainedBytes }) => retainedBytes);
}

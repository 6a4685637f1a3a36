import { gauge, type MetricName } from '@smartant/platform/metrics';
import type { ActiveRuns } from '@smartant/runs';
import type { Run } from '../../domain/run';
import type { StreamState } from '../../domain/stream-state';

/** How far the streams that this process holds are behind. Asked for when metrics are scraped. */
export function watchLag(active: ActiveRuns<Run>): void {
  const watch = (name: MetricName, help: string, pick: (stream: StreamState) => number): void => {
    const watched = gauge(name, help, ['migration']);
    const collect = (): void => {
      watched.reset();
      for (const { run, told } of active.active()) if (told.stream) watched.set({ migration: run.migrationId }, pick(told.stream));
    };
    Object.assign(watched, { collect });
  };
  watch('smartant_database_lag_bytes', 'Log of the source that is not applied yet', ({ lagBytes }) => lagBytes);
  watch('smartant_database_lag_seconds', 'Age of the oldest change that is not applied yet', ({ lagMs }) => lagMs / 1_000);
  watch('smartant_database_retained_bytes', 'Log that the source keeps for the migration', ({ retainedBytes }) => retainedBytes);
  watch(
    'smartant_database_comparisons_wait',
    '1 while comparisons wait for the stream, so that the source need not keep too much log',
    ({ comparisonsWait }) => Number(comparisonsWait),
  );
  watch(
    'smartant_database_definition_differences',
    'Definitions that differ between both ends of a migration whose changes flow',
    ({ definitionDifferenceCount }) => definitionDifferenceCount,
  );
}

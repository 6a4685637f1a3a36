import { gauge } from '@smartant/platform/metrics';
import type { ActiveRuns } from '@smartant/runs';
import type { Run } from '../../domain/run';
import type { StreamState } from '../../domain/stream-state';

/** Streams that are shown one by one, those that are behind the most; an id is a time series, and there may be hundreds. */
const SHOWN = 100;

const lagBytes = gauge('smartant_database_lag_bytes', 'Log of the source that is not applied yet.', ['migration']);
const lagSeconds = gauge('smartant_database_lag_seconds', 'Age of the oldest change that is not applied yet.', ['migration']);
const retainedBytes = gauge('smartant_database_retained_bytes', 'Log that the source keeps for the migration.', ['migration']);
const comparisonsWait = gauge(
  'smartant_database_comparisons_wait',
  '1 while comparisons wait for the stream, so that the source need not keep too much log.',
  ['migration'],
);
const definitionDifferences = gauge(
  'smartant_database_definition_differences',
  'Definitions that differ between both ends of a migration whose changes flow.',
  ['migration'],
);
const streams = gauge('smartant_database_streams', 'Streams of changes that this process holds.');

/** How far the streams that this process holds are behind. Asked for when metrics are scraped. */
export function watchLag(active: ActiveRuns<Run>): void {
  const all = [lagBytes, lagSeconds, retainedBytes, comparisonsWait, definitionDifferences];
  // The first of them asks for all: they are read in the order in which they were made.
  const collect = (): void => {
    for (const metric of all) metric.reset();
    const held = active.active().flatMap(({ run, told }) => (told.stream ? [{ migration: run.migrationId, stream: told.stream }] : []));
    streams.set(held.length);
    held.sort((a, b) => b.stream.lagMs - a.stream.lagMs);
    for (const { migration, stream } of held.slice(0, SHOWN)) show(migration, stream);
  };
  Object.assign(lagBytes, { collect });
}

function show(migration: string, stream: StreamState): void {
  lagBytes.set({ migration }, stream.lagBytes);
  lagSeconds.set({ migration }, stream.lagMs / 1_000);
  retainedBytes.set({ migration }, stream.retainedBytes);
  comparisonsWait.set({ migration }, Number(stream.comparisonsWait));
  definitionDifferences.set({ migration }, stream.definitionDifferenceCount);
}

import { registry, renderMetrics } from '@smartant/platform/metrics';
import type { ActiveRuns } from '@smartant/runs';
import type { Run } from '../../domain/run';
import { watchLag } from './watch-lag';

const stream = (lagMs: number) => ({ lagBytes: lagMs, lagMs, retainedBytes: 1, comparisonsWait: false, definitionDifferenceCount: 0 });

it('shows the hundred streams that are behind the most, and none that has ended', async () => {
  let held = Array.from({ length: 150 }, (_, index) => ({ run: { migrationId: `mig_${index}` }, told: { stream: stream(index * 1_000) } }));
  watchLag({ active: () => held } as unknown as ActiveRuns<Run>);
  const told = async () => {
    const { body } = await renderMetrics(registry);
    const shown = [...body.matchAll(/^smartant_database_lag_seconds\{migration="mig_(\d+)"\} (\d+)$/gm)].map(([, id]) => Number(id));
    return { shown: shown.sort((a, b) => a - b), streams: /^smartant_database_streams (\d+)$/m.exec(body)?.[1] };
  };
  expect(await told()).toEqual({ shown: Array.from({ length: 100 }, (_, index) => 50 + index), streams: '150' });
  held = held.slice(0, 1);
  expect(await told()).toEqual({ shown: [0], streams: '1' });
});

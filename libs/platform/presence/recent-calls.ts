import { registry } from '@smartant/platform/metrics';

/** What counts the calls that a process answers. A service has one or both of them, or neither. */
const COUNTED = ['smartant_rpc_server_duration_seconds', 'smartant_http_request_duration_seconds'];
const WINDOW_MS = 60_000;

/** Resolves with the calls of the last minute; of a younger process with those since it began, as of a minute. */
export function recentCalls(nowMs: () => number = () => performance.now()): () => Promise<number> {
  const samples: { atMs: number; total: number }[] = [];
  return async () => {
    const now = { atMs: nowMs(), total: await totalCalls() };
    samples.push(now);
    while ((samples[1]?.atMs ?? Number.POSITIVE_INFINITY) <= now.atMs - WINDOW_MS) samples.shift();
    const first = samples[0] ?? now;
    const spanMs = now.atMs - first.atMs;
    return spanMs <= 0 ? 0 : Math.round(((now.total - first.total) * WINDOW_MS) / spanMs);
  };
}

async function totalCalls(): Promise<number> {
  const counts = await Promise.all(
    COUNTED.map(async (name) => {
      const values = (await registry.getSingleMetric(name)?.get())?.values ?? [];
      return values
        .filter((value) => (value as { metricName?: string }).metricName === `${name}_count`)
        .reduce((sum, { value }) => sum + value, 0);
    }),
  );
  return counts.reduce((sum, count) => sum + count, 0);
}

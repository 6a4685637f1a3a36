import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { ROOT } from '../platform/embedded-platform';
import type { Replica } from '../platform/replica';
import type { ServiceName } from '../platform/replicated-platform';

const CHART = join(ROOT, 'helm', 'smartant');

interface ChartValues {
  services: Record<string, { autoscaling: { pendingShards: number } }>;
  drain: { preStopSeconds: number; graceSeconds: number };
}

const values = parse(readFileSync(join(CHART, 'values.yaml'), 'utf8')) as ChartValues;

/** How a pod of the chart goes, in seconds. */
export const { drain } = values;

/** The metric of the service that the chart's autoscaler looks at. */
export const PENDING = /metric: \{ name: (\w+) \}/.exec(readFileSync(join(CHART, 'templates', 'scaling.yaml'), 'utf8'))?.[1] ?? '';

/** How many replicas the chart's autoscaler wants for so much work that waits: the rule of an `AverageValue`. */
export function replicasWanted(service: ServiceName, pending: number): number {
  return Math.ceil(pending / values.services[service]!.autoscaling.pendingShards);
}

/** A metric of a replica as Prometheus reads it, summed over its labels; `labels`: a part of them, as written. 0 when it is not there. */
export async function metricOf(replica: Replica, name: string, labels = ''): Promise<number> {
  const response = await fetch(`http://127.0.0.1:${replica.ports.admin}/metrics`, { signal: AbortSignal.timeout(10_000) });
  const samples = (await response.text()).split('\n').filter((line) => line.startsWith(`${name} `) || line.startsWith(`${name}{`));
  return samples.filter((line) => line.includes(labels)).reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0);
}

import type { KubernetesPod, Quantities } from '../kubernetes/kubernetes-objects';
import { quantityOf } from './quantity';

export interface Requests {
  readonly cpuCores: number;
  readonly memoryBytes: number;
}

/** As the scheduler counts: https://kubernetes.io/docs/concepts/workloads/pods/init-containers/#resource-sharing-within-containers */
export function podRequests({ spec }: KubernetesPod): Requests {
  return { cpuCores: requestOf(spec, 'cpu'), memoryBytes: requestOf(spec, 'memory') };
}

function requestOf(spec: KubernetesPod['spec'], resource: 'cpu' | 'memory'): number {
  const of = (requests: Quantities | undefined) => quantityOf(requests?.[resource]);
  const overhead = of(spec?.overhead);
  if (spec?.resources?.requests?.[resource] !== undefined) return of(spec.resources.requests) + overhead;
  let sidecars = 0;
  let starting = 0;
  for (const { resources, restartPolicy } of spec?.initContainers ?? []) {
    const request = of(resources?.requests);
    if (restartPolicy === 'Always') sidecars += request;
    starting = Math.max(starting, restartPolicy === 'Always' ? sidecars : sidecars + request);
  }
  const running = (spec?.containers ?? []).reduce((sum, { resources }) => sum + of(resources?.requests), sidecars);
  return Math.max(running, starting) + overhead;
}

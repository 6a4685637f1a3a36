import type { ContainerStatus, KubernetesPod } from '../kubernetes/kubernetes-objects';
import type { Sighting } from './finding';

/** Containers that were killed for want of memory. A kill is one, whether its container has been started again or not. */
export function oomSightings({ metadata, status }: KubernetesPod, workload: string, tellSince: Date | null): Sighting[] {
  const statuses = [...(status?.containerStatuses ?? []), ...(status?.initContainerStatuses ?? [])];
  return statuses.flatMap((container) =>
    killsOf(container).map(({ ordinal, finishedAt }) => ({
      uid: `${metadata.uid ?? metadata.name}/${container.name}/${ordinal}`,
      count: 1,
      name: 'oom-killed',
      severity: 'critical' as const,
      labels: { namespace: metadata.namespace ?? '', workload },
      annotations: {
        reason: 'OOMKilled',
        object: `Pod/${metadata.name}`,
        container: container.name,
        ...(finishedAt && { lastSeen: finishedAt }),
      },
      threshold: 1,
      silent: tellSince !== null && finishedAt !== undefined && Date.parse(finishedAt) < tellSince.getTime(),
    })),
  );
}

function killsOf({ restartCount = 0, state, lastState }: ContainerStatus): { ordinal: number; finishedAt?: string }[] {
  const of = (ended: { reason?: string; finishedAt?: string } | undefined, ordinal: number) =>
    ended?.reason === 'OOMKilled' ? [{ ordinal, ...(ended.finishedAt && { finishedAt: ended.finishedAt }) }] : [];
  return [...of(lastState?.terminated, restartCount), ...of(state?.terminated, restartCount + 1)];
}

import type { Labels, Severity } from '../../domain/alert';
import type { KubernetesEvent } from '../kubernetes/kubernetes-objects';
import { shortened, type Sighting } from './finding';
import { likelyOwnerName } from './pod-owner';

interface EventRule {
  readonly name: string;
  readonly severity: Severity;
  readonly threshold?: number;
}

const PULL: EventRule = { name: 'image-pull-failed', severity: 'warning' };
const MOUNT: EventRule = { name: 'volume-mount-failed', severity: 'warning' };
const OOM: EventRule = { name: 'oom-killed', severity: 'critical' };

/** By the event's reason: kubelet, scheduler and controllers, pkg/kubelet/events/event.go and others. */
const RULES = new Map<string, EventRule>(
  Object.entries({
    BackOff: { name: 'pod-crash-looping', severity: 'warning' },
    Failed: { name: 'container-start-failed', severity: 'warning' },
    ErrImageNeverPull: PULL,
    InspectFailed: PULL,
    FailedScheduling: { name: 'pod-unschedulable', severity: 'warning' },
    FailedMount: MOUNT,
    FailedAttachVolume: MOUNT,
    FailedMapVolume: MOUNT,
    ProvisioningFailed: { name: 'volume-provisioning-failed', severity: 'warning' },
    // A container that starts fails some of its probes.
    Unhealthy: { name: 'probe-failing', severity: 'warning', threshold: 3 },
    Evicted: { name: 'pod-evicted', severity: 'warning' },
    Preempted: { name: 'pod-evicted', severity: 'warning' },
    OOMKilling: OOM,
    SystemOOM: OOM,
    FailedCreate: { name: 'pod-creation-failed', severity: 'warning' },
    BackoffLimitExceeded: { name: 'job-failed', severity: 'warning' },
    EvictionThresholdMet: { name: 'node-evicting', severity: 'warning' },
  }),
);
const ABOUT_AN_IMAGE = /^(Back-off pulling image|Failed to pull image|Error: (ErrImage|ImagePull|InvalidImage|RegistryUnavailable))/;
const OTHER: EventRule = { name: 'kubernetes-warning', severity: 'info', threshold: 3 };

export interface SightingContext {
  /** Of the pod, where it is known. */
  readonly ownerName: (namespace: string, pod: string) => string | undefined;
  /** What was last seen before is noted, and not told; null: everything is told. */
  readonly tellSince: Date | null;
}

/** Null for what is no warning, or of nothing. */
export function eventSighting(event: KubernetesEvent, context: SightingContext): Sighting | null {
  const { metadata, involvedObject: object, reason = '' } = event;
  if (event.type !== 'Warning' || !metadata.uid || !object.name) return null;
  const { name, severity, threshold = 1 } = ruleOf(event);
  const lastSeen = event.series?.lastObservedTime ?? event.lastTimestamp ?? event.eventTime ?? null;
  return {
    uid: metadata.uid,
    count: event.series?.count ?? event.count ?? 1,
    name,
    severity,
    threshold,
    labels: { ...objectLabels(object, context), ...(name === OTHER.name && { reason }) },
    annotations: {
      reason,
      message: shortened(event.message),
      object: `${object.kind ?? ''}/${object.name}`,
      ...(lastSeen && { lastSeen }),
    },
    silent: context.tellSince !== null && lastSeen !== null && Date.parse(lastSeen) < context.tellSince.getTime(),
  };
}

/**
 * The kubelet says BackOff and Failed of an image as of a container, and tells them apart in its words alone
 * (pkg/kubelet/images/image_manager.go, pkg/kubelet/kuberuntime/kuberuntime_manager.go).
 */
function ruleOf({ reason = '', message = '' }: KubernetesEvent): EventRule {
  if ((reason === 'BackOff' || reason === 'Failed') && ABOUT_AN_IMAGE.test(message)) return PULL;
  return RULES.get(reason) ?? OTHER;
}

function objectLabels({ kind = '', name = '', namespace = '' }: KubernetesEvent['involvedObject'], context: SightingContext): Labels {
  if (kind === 'Node') return { node: name };
  if (kind === 'Pod') return { namespace, workload: context.ownerName(namespace, name) ?? likelyOwnerName(name) };
  return { namespace, object: `${kind}/${name}` };
}

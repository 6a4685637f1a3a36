import type { Labels } from '../../domain/alert';
import type {
  KubernetesAutoscaler,
  KubernetesClaim,
  KubernetesDaemonSet,
  KubernetesDeployment,
  KubernetesPod,
  KubernetesQuota,
  ObjectMeta,
} from '../kubernetes/kubernetes-objects';
import { wordsOf, type Finding } from './finding';
import { quantityOf } from './quantity';

const SYSTEM_NAMESPACE = 'kube-system';
const DOWN_SECONDS = 60;
const SHORT_SECONDS = 300;
const LONG_SECONDS = 900;
const NEAR = 0.9;

/** Whose part it is: the cluster's own, SmartAnt's, or anybody's. */
const tierOf = ({ namespace }: ObjectMeta, ownNamespace: string) =>
  namespace === SYSTEM_NAMESPACE ? 'cluster' : namespace === ownNamespace ? 'platform' : 'workload';

const placeOf = (meta: ObjectMeta, kind: string): Labels => ({ namespace: meta.namespace ?? '', [kind]: meta.name });

/** Fewer pods than wanted for long, or none at all for a minute. */
export function deploymentFindings(deployment: KubernetesDeployment, ownNamespace: string): Finding[] {
  const wanted = deployment.spec?.replicas ?? 1;
  const available = deployment.status?.availableReplicas ?? 0;
  const stuck = deployment.status?.conditions?.find(({ type, status }) => type === 'Progressing' && status === 'False');
  return missing(deployment.metadata, 'deployment', wanted, available, ownNamespace, wordsOf(stuck));
}

export function daemonSetFindings(daemonSet: KubernetesDaemonSet, ownNamespace: string): Finding[] {
  const { desiredNumberScheduled: wanted = 0, numberAvailable: available = 0 } = daemonSet.status ?? {};
  return missing(daemonSet.metadata, 'daemonset', wanted, available, ownNamespace, {});
}

function missing(meta: ObjectMeta, kind: string, wanted: number, available: number, ownNamespace: string, words: Labels): Finding[] {
  if (available >= wanted) return [];
  const tier = tierOf(meta, ownNamespace);
  const labels = { ...placeOf(meta, kind), tier };
  const annotations = { ...words, wanted: String(wanted), available: String(available) };
  const down = available === 0;
  const severity = down && tier !== 'workload' ? 'critical' : 'warning';
  return [
    { name: `${kind}-${down ? 'down' : 'unavailable'}`, severity, labels, annotations, holdSeconds: down ? DOWN_SECONDS : SHORT_SECONDS },
  ];
}

/** Parts of the control plane that run as pods of its nodes (kubeadm labels them so). */
export function componentFindings({ metadata, status }: KubernetesPod): Finding[] {
  if (metadata.namespace !== SYSTEM_NAMESPACE || metadata.labels?.['tier'] !== 'control-plane') return [];
  const ready = status?.conditions?.find(({ type }) => type === 'Ready');
  if (!ready || ready.status === 'True') return [];
  const labels = { component: metadata.labels['component'] ?? metadata.name, pod: metadata.name };
  return [{ name: 'component-not-ready', severity: 'critical', labels, annotations: wordsOf(ready), holdSeconds: DOWN_SECONDS }];
}

/** A limit of nothing forbids on purpose and is never told. */
export function quotaFindings({ metadata, status }: KubernetesQuota): Finding[] {
  return Object.entries(status?.hard ?? {}).flatMap(([resource, limit]): Finding[] => {
    const [hard, used] = [quantityOf(limit), quantityOf(status?.used?.[resource])];
    if (hard <= 0 || used < hard * NEAR) return [];
    const labels = { ...placeOf(metadata, 'quota'), resource };
    const annotations = { limit, used: status?.used?.[resource] ?? '0', usedPercent: String(Math.floor((used / hard) * 100)) };
    const exhausted = used >= hard;
    const name = exhausted ? 'quota-exhausted' : 'quota-near-limit';
    return [{ name, severity: exhausted ? 'warning' : 'info', labels, annotations, holdSeconds: DOWN_SECONDS }];
  });
}

/** A claim of a class that waits for its first pod is pending until then; so it has to last. */
export function claimFindings({ metadata, spec, status }: KubernetesClaim): Finding[] {
  const labels = placeOf(metadata, 'claim');
  const annotations = { storageClass: spec?.storageClassName ?? '' };
  if (status?.phase === 'Lost') return [{ name: 'volume-claim-lost', severity: 'critical', labels, annotations, holdSeconds: 0 }];
  if (status?.phase !== 'Pending') return [];
  return [{ name: 'volume-claim-pending', severity: 'warning', labels, annotations, holdSeconds: SHORT_SECONDS }];
}

export function autoscalerFindings({ metadata, spec, status }: KubernetesAutoscaler): Finding[] {
  const labels = placeOf(metadata, 'autoscaler');
  const condition = (type: string, state: string, reason?: string) =>
    status?.conditions?.find((one) => one.type === type && one.status === state && (reason === undefined || one.reason === reason));
  const findings: Finding[] = [];
  const { minReplicas = 1, maxReplicas = 0 } = spec ?? {};
  const limited = condition('ScalingLimited', 'True', 'TooManyReplicas');
  if (limited && minReplicas < maxReplicas && (status?.currentReplicas ?? 0) >= maxReplicas) {
    const annotations = { ...wordsOf(limited), maxReplicas: String(maxReplicas), target: spec?.scaleTargetRef?.name ?? '' };
    findings.push({ name: 'autoscaler-maxed-out', severity: 'warning', labels, annotations, holdSeconds: LONG_SECONDS });
  }
  const blind = condition('ScalingActive', 'False');
  // Scaled to nothing by a person: it is off, not blind.
  if (blind && blind.reason !== 'ScalingDisabled')
    findings.push({ name: 'autoscaler-blind', severity: 'warning', labels, annotations: wordsOf(blind), holdSeconds: SHORT_SECONDS });
  return findings;
}

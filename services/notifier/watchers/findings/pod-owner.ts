import type { ObjectMeta } from '../kubernetes/kubernetes-objects';

/** What replaces a pod that goes: alerts are of it, since a pod's own name is another one after each restart of it. */
export interface PodOwner {
  readonly kind: string;
  readonly name: string;
}

// Of names that Kubernetes generates: no vowels and nothing that looks like one (k8s.io/apimachinery/pkg/util/rand).
const GENERATED = '[bcdfghjklmnpqrstvwxz2456789]';
const OF_DEPLOYMENT = new RegExp(`^(.+)-${GENERATED}{6,10}-${GENERATED}{5}$`);
const OF_SET = new RegExp(`^(.+)-${GENERATED}{5}$`);
const OF_STATEFUL_SET = /^(.+)-\d+$/;
/** Minutes since 1970 at which a CronJob was due. */
const OF_CRON_JOB = /^(.+)-\d{8}$/;

/** By its controller; a ReplicaSet's Deployment by the hash that both pod and ReplicaSet carry, so that no ReplicaSet has to be read. */
export function ownerOf(pod: ObjectMeta): PodOwner {
  const controller = pod.ownerReferences?.find(({ controller }) => controller);
  if (!controller) return { kind: 'Pod', name: pod.name };
  const { kind, name } = controller;
  const hash = pod.labels?.['pod-template-hash'];
  if (kind === 'ReplicaSet' && hash && name.endsWith(`-${hash}`)) return { kind: 'Deployment', name: name.slice(0, -hash.length - 1) };
  const cronJob = kind === 'Job' ? OF_CRON_JOB.exec(name) : null;
  return cronJob ? { kind: 'CronJob', name: cronJob[1]! } : { kind, name };
}

/** For a pod that is gone, or not known yet: as its name was made. */
export function likelyOwnerName(podName: string): string {
  for (const pattern of [OF_DEPLOYMENT, OF_SET, OF_STATEFUL_SET]) {
    const [, name] = pattern.exec(podName) ?? [];
    if (name) return OF_CRON_JOB.exec(name)?.[1] ?? name;
  }
  return podName;
}

import type { KubernetesEvent } from '../kubernetes/kubernetes-objects';
import { eventSighting } from './event-sighting';
import { shortened } from './finding';
import { oomSightings } from './oom-sightings';
import { likelyOwnerName, ownerOf } from './pod-owner';

const event = (more: Partial<KubernetesEvent> = {}): KubernetesEvent => ({
  metadata: { name: 'e', namespace: 'shop', uid: 'u-1' },
  involvedObject: { kind: 'Pod', namespace: 'shop', name: 'web-5d8f7c9b4-x2x4x' },
  ...{
    type: 'Warning',
    reason: 'BackOff',
    message: 'Back-off restarting failed container web in pod web-image',
    count: 3,
    lastTimestamp: '2026-11-29T10:00:00Z',
  },
  ...more,
});
const context = { ownerName: () => undefined, tellSince: null };
const sighting = (more: Partial<KubernetesEvent>) => eventSighting(event(more), context)!;

describe('a warning', () => {
  it('is of the pod’s owner, with how often it happened', () => {
    expect(sighting({})).toEqual({
      ...{ uid: 'u-1', count: 3, name: 'pod-crash-looping', severity: 'warning', threshold: 1, silent: false },
      labels: { namespace: 'shop', workload: 'web' },
      annotations: {
        reason: 'BackOff',
        message: 'Back-off restarting failed container web in pod web-image',
        object: 'Pod/web-5d8f7c9b4-x2x4x',
        lastSeen: '2026-11-29T10:00:00Z',
      },
    });
    const known = eventSighting(event(), { ...context, ownerName: (namespace, pod) => `${namespace}-${pod.length}` });
    expect(known!.labels['workload']).toBe('shop-19');
  });

  it.each([
    ['BackOff', 'Back-off pulling image "shop:1"', 'image-pull-failed'],
    ['Failed', 'Failed to pull image "shop:1": not found', 'image-pull-failed'],
    ['Failed', 'Error: ErrImagePull', 'image-pull-failed'],
    ['Failed', 'Error: failed to create containerd task', 'container-start-failed'],
    ['BackOff', 'Back-off restarting failed container image in pod image', 'pod-crash-looping'],
    ['FailedScheduling', '0/3 nodes are available', 'pod-unschedulable'],
    ['FailedMount', '', 'volume-mount-failed'],
    ['Unhealthy', 'Readiness probe failed', 'probe-failing'],
    ['Evicted', 'The node was low on resource: memory', 'pod-evicted'],
    ['FailedCreate', 'exceeded quota', 'pod-creation-failed'],
    ['NeverHeardOf', '', 'kubernetes-warning'],
    // Names of what every object has.
    ['constructor', '', 'kubernetes-warning'],
  ])('%s (%s) is %s', (reason, message, name) => expect(sighting({ reason, message }).name).toBe(name));

  it('of a node or of anything else is of that', () => {
    expect(sighting({ reason: 'SystemOOM', involvedObject: { kind: 'Node', name: 'n1' } })).toMatchObject({
      name: 'oom-killed',
      labels: { node: 'n1' },
    });
    expect(
      sighting({ reason: 'ProvisioningFailed', involvedObject: { kind: 'PersistentVolumeClaim', namespace: 'shop', name: 'data' } }).labels,
    ).toEqual({
      namespace: 'shop',
      object: 'PersistentVolumeClaim/data',
    });
  });

  it('written by events.k8s.io is counted by its series', () => {
    const series = { count: 9, lastObservedTime: '2026-11-29T11:00:00.000000Z' };
    expect(sighting({ count: undefined, series, lastTimestamp: null })).toMatchObject({
      count: 9,
      annotations: { lastSeen: series.lastObservedTime },
    });
    expect(sighting({ count: undefined, lastTimestamp: null, eventTime: '2026-11-29T11:00:00.000000Z' }).count).toBe(1);
  });

  it('that was over before anybody watched is noted, and not told', () => {
    const of = (tellSince: string) => eventSighting(event(), { ...context, tellSince: new Date(tellSince) })!.silent;
    expect(of('2026-11-29T10:00:01Z')).toBe(true);
    expect(of('2026-11-29T09:59:59Z')).toBe(false);
  });

  it('is none when it is normal, or of nothing', () => {
    expect(eventSighting(event({ type: 'Normal' }), context)).toBeNull();
    expect(eventSighting(event({ involvedObject: {} }), context)).toBeNull();
  });

  it('is cut, and stripped of what cannot be stored', () => {
    expect(shortened(`a\u0000b \ud83d`)).toBe('ab \ufffd');
    const cut = shortened(`${'x'.repeat(498)}😀😀`);
    expect([cut.length <= 500, cut.isWellFormed(), cut.endsWith('…')]).toEqual([true, true, true]);
  });
});

describe('the owner of a pod', () => {
  const pod = (kind: string, owner: string, labels = {}) =>
    ownerOf({ name: 'p', labels, ownerReferences: [{ kind, name: owner, controller: true }] });

  it('is what its controller stands for', () => {
    expect(pod('ReplicaSet', 'web-5d8f7c9b4', { 'pod-template-hash': '5d8f7c9b4' })).toEqual({ kind: 'Deployment', name: 'web' });
    expect(pod('ReplicaSet', 'web-by-hand')).toEqual({ kind: 'ReplicaSet', name: 'web-by-hand' });
    expect(pod('Job', 'nightly-29401230')).toEqual({ kind: 'CronJob', name: 'nightly' });
    expect(pod('Job', 'import')).toEqual({ kind: 'Job', name: 'import' });
    expect(pod('StatefulSet', 'db')).toEqual({ kind: 'StatefulSet', name: 'db' });
    expect(ownerOf({ name: 'alone' })).toEqual({ kind: 'Pod', name: 'alone' });
  });

  it.each([
    ['web-5d8f7c9b4-x2x4x', 'web'],
    ['kube-proxy-x2x4x', 'kube-proxy'],
    ['db-12', 'db'],
    ['nightly-29401230-x2x4x', 'nightly'],
    ['etcd-master', 'etcd-master'],
  ])('is guessed by the name of %s', (name, owner) => expect(likelyOwnerName(name)).toBe(owner));
});

describe('a container that was killed for want of memory', () => {
  const pod = (status: object) => ({
    metadata: { name: 'p', namespace: 'shop', uid: 'u' },
    status: { containerStatuses: [{ name: 'main', ...status }] },
  });
  const killed = { terminated: { reason: 'OOMKilled', finishedAt: '2026-11-29T10:00:00Z' } };
  const uids = (status: object) => oomSightings(pod(status), 'web', null).map(({ uid }) => uid);

  it('is one kill before and after it is started again, and the next is another', () => {
    expect(uids({ restartCount: 0, state: killed })).toEqual(['u/main/1']);
    expect(uids({ restartCount: 1, state: {}, lastState: killed })).toEqual(['u/main/1']);
    expect(uids({ restartCount: 1, state: killed, lastState: killed })).toEqual(['u/main/1', 'u/main/2']);
    expect(uids({ restartCount: 1, lastState: { terminated: { reason: 'Error' } } })).toEqual([]);
  });

  it('long before anybody watched is not told', () => {
    const at = (tellSince: string) => oomSightings(pod({ restartCount: 1, lastState: killed }), 'web', new Date(tellSince))[0]!.silent;
    expect([at('2026-11-29T11:00:00Z'), at('2026-11-29T09:00:00Z')]).toEqual([true, false]);
  });
});

import type { Capacity } from '../findings/capacity';
import type { Finding } from '../findings/finding';
import { nodeFindings } from '../findings/node-findings';
import {
  autoscalerFindings,
  claimFindings,
  componentFindings,
  daemonSetFindings,
  deploymentFindings,
  quotaFindings,
} from '../findings/workload-findings';
import type { StreamListener, WatchedResource } from '../kubernetes/list-and-watch';
import type { KubernetesObject } from '../kubernetes/kubernetes-objects';
import type { WatcherOptions } from '../watcher-settings';
import type { ConditionStore } from './condition-store';
import { EventListener } from './event-listener';
import { LevelListener } from './level-listener';
import { NodeListener } from './node-listener';
import { PodListener } from './pod-listener';

export interface ClusterStream {
  readonly scope: string;
  /** "nodes": the scope without its namespace. */
  readonly resource: string;
  readonly watched: WatchedResource;
  readonly listener: StreamListener<KubernetesObject>;
  /** Nothing more waits for it when it fails. */
  readonly onFailure?: () => void;
}

interface Context {
  readonly store: ConditionStore;
  readonly capacity: Capacity;
  readonly options: WatcherOptions;
  readonly signal: AbortSignal;
}

/** What is read, with the API's groups; the chart's role gives exactly these, to list and watch. */
const GROUPS: Readonly<Record<string, string>> = {
  ...{ pods: '/api/v1', events: '/api/v1', resourcequotas: '/api/v1', persistentvolumeclaims: '/api/v1' },
  ...{ deployments: '/apis/apps/v1', daemonsets: '/apis/apps/v1', horizontalpodautoscalers: '/apis/autoscaling/v2' },
};

/** Nodes only where the whole cluster is watched: they are in no namespace. */
export function clusterStreams(context: Context): ClusterStream[] {
  const { namespaces } = context.options;
  if (namespaces.length > 0) return namespaces.flatMap((namespace) => namespacedStreams(context, namespace));
  const { store, capacity, options } = context;
  const derive = (node: KubernetesObject) => nodeFindings(node, options);
  const nodes = new NodeListener(store, { scope: 'nodes', derive }, capacity);
  return [
    { scope: 'nodes', resource: 'nodes', watched: { path: '/api/v1/nodes' }, listener: heard(nodes) },
    ...namespacedStreams(context, null),
  ];
}

function namespacedStreams({ store, capacity, options, signal }: Context, namespace: string | null): ClusterStream[] {
  const { quietSeconds, ownNamespace } = options;
  const place = (resource: string) => ({
    scope: namespace === null ? resource : `${resource}/${namespace}`,
    resource,
    watched: { path: `${GROUPS[resource]}${namespace === null ? '' : `/namespaces/${namespace}`}/${resource}` },
  });
  const level = <T extends KubernetesObject>(resource: string, derive: (object: T) => Finding[]): ClusterStream => ({
    ...place(resource),
    listener: heard(new LevelListener<T>(store, { scope: place(resource).scope, derive })),
  });
  const pods = new PodListener(store, { scope: place('pods').scope, derive: componentFindings }, { capacity, namespace, quietSeconds });
  const ended = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
  const events = new EventListener(store, {
    scope: place('events').scope,
    quietSeconds,
    ownerName: (space, pod) => capacity.ownerName(space, pod),
    ready: () => Promise.race([pods.isKnown, ended]),
  });
  return [
    { ...place('pods'), listener: heard(pods), onFailure: () => pods.giveUpWaiting() },
    { ...place('events'), watched: { ...place('events').watched, fieldSelector: 'type=Warning' }, listener: heard(events) },
    level('deployments', (deployment) => deploymentFindings(deployment, ownNamespace)),
    level('daemonsets', (daemonSet) => daemonSetFindings(daemonSet, ownNamespace)),
    level('resourcequotas', quotaFindings),
    level('persistentvolumeclaims', claimFindings),
    level('horizontalpodautoscalers', autoscalerFindings),
  ];
}

/** A stream brings objects of its resource alone. */
const heard = <T extends KubernetesObject>(listener: StreamListener<T>) => listener as unknown as StreamListener<KubernetesObject>;

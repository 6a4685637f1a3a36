import type { KubernetesNode, KubernetesPod } from '../kubernetes/kubernetes-objects';
import type { Finding } from './finding';
import { ownerOf } from './pod-owner';
import { podRequests, type Requests } from './pod-requests';
import { quantityOf } from './quantity';

interface Room extends Requests {
  readonly pods: number;
  readonly schedulable: boolean;
}

interface KnownPod extends Requests {
  readonly node: string;
  readonly owner: string;
}

const RESOURCES = ['pods', 'cpuCores', 'memoryBytes'] as const;
const WORDS = { pods: 'pods', cpuCores: 'cpu', memoryBytes: 'memory' } as const;
const NODE_FULL = 0.95;
const CLUSTER_FULL = 0.9;
const HOLD_SECONDS = 300;

const keyOf = (namespace: string, pod: string) => `${namespace}/${pod}`;

/** What pods ask of nodes. Of a pod it keeps four values; whole pods would be a hundred times as much. */
export class Capacity {
  private readonly nodes = new Map<string, Room>();
  private readonly pods = new Map<string, KnownPod>();
  /** One string for each owner and node, however many pods have it: what is parsed from JSON is a copy each time. */
  private readonly words = new Map<string, string>();

  /** Only these nodes are there. */
  keepNodes(names: ReadonlySet<string>): void {
    for (const name of this.nodes.keys()) if (!names.has(name)) this.nodes.delete(name);
  }

  /** Only these pods ("namespace/name") are there, in this namespace or (null) at all. */
  keepPods(namespace: string | null, keys: ReadonlySet<string>): void {
    for (const key of this.pods.keys()) {
      if (!keys.has(key) && (namespace === null || key.startsWith(`${namespace}/`))) this.pods.delete(key);
    }
    this.words.clear();
  }

  setNode({ metadata, spec, status }: KubernetesNode): void {
    const of = (resource: string) => quantityOf(status?.allocatable?.[resource]);
    const ready = status?.conditions?.some(({ type, status: state }) => type === 'Ready' && state === 'True') ?? false;
    this.nodes.set(metadata.name, {
      ...{ pods: of('pods'), cpuCores: of('cpu'), memoryBytes: of('memory') },
      schedulable: ready && !spec?.unschedulable,
    });
  }

  removeNode(name: string): void {
    this.nodes.delete(name);
  }

  setPod(pod: KubernetesPod): void {
    const { metadata, spec, status } = pod;
    const done = status?.phase === 'Succeeded' || status?.phase === 'Failed';
    this.pods.set(keyOf(metadata.namespace ?? '', metadata.name), {
      ...(done ? { cpuCores: 0, memoryBytes: 0 } : podRequests(pod)),
      // What is done takes no place on its node any more.
      node: this.word(done ? '' : (spec?.nodeName ?? '')),
      owner: this.word(ownerOf(metadata).name),
    });
  }

  removePod(namespace: string, name: string): void {
    this.pods.delete(keyOf(namespace, name));
  }

  ownerName(namespace: string, pod: string): string | undefined {
    return this.pods.get(keyOf(namespace, pod))?.owner;
  }

  /** Of each node, and of all together: when nothing fits on any, one full node more is no news. */
  findings(): Finding[] {
    const asked = new Map<string, { pods: number; cpuCores: number; memoryBytes: number }>();
    for (const { node, cpuCores, memoryBytes } of this.pods.values()) {
      if (node === '') continue;
      const sum = asked.get(node) ?? { pods: 0, cpuCores: 0, memoryBytes: 0 };
      asked.set(node, { pods: sum.pods + 1, cpuCores: sum.cpuCores + cpuCores, memoryBytes: sum.memoryBytes + memoryBytes });
    }
    return RESOURCES.flatMap((resource) => {
      let [totalRoom, totalAsked] = [0, 0];
      const full: Finding[] = [];
      for (const [name, room] of this.nodes) {
        if (!room.schedulable || room[resource] <= 0) continue;
        const used = asked.get(name)?.[resource] ?? 0;
        totalRoom += room[resource];
        totalAsked += used;
        if (used >= room[resource] * NODE_FULL) full.push(finding('node-capacity-low', { node: name }, resource, used / room[resource]));
      }
      if (totalRoom <= 0 || totalAsked < totalRoom * CLUSTER_FULL) return full;
      return [...full, finding('cluster-capacity-low', {}, resource, totalAsked / totalRoom)];
    });
  }

  private word(text: string): string {
    const known = this.words.get(text);
    if (known === undefined) this.words.set(text, text);
    return known ?? text;
  }
}

function finding(name: string, labels: Record<string, string>, resource: (typeof RESOURCES)[number], ratio: number): Finding {
  return {
    name,
    severity: name === 'cluster-capacity-low' ? 'warning' : 'info',
    labels: { ...labels, resource: WORDS[resource] },
    annotations: { requestedPercent: String(Math.floor(ratio * 100)) },
    holdSeconds: HOLD_SECONDS,
  };
}

import type { Capacity } from '../findings/capacity';
import type { KubernetesNode } from '../kubernetes/kubernetes-objects';
import type { WatchChange } from '../kubernetes/watch-lines';
import type { ConditionStore } from './condition-store';
import { LevelListener, type Level } from './level-listener';

/** Findings of nodes, and what room they have. */
export class NodeListener extends LevelListener<KubernetesNode> {
  private seen = new Set<string>();

  constructor(
    store: ConditionStore,
    level: Level<KubernetesNode>,
    private readonly capacity: Capacity,
  ) {
    super(store, level);
  }

  override async listBegins(): Promise<void> {
    this.seen = new Set();
    await super.listBegins();
  }

  override async listed(page: readonly KubernetesNode[]): Promise<void> {
    for (const node of page) {
      this.capacity.setNode(node);
      this.seen.add(node.metadata.name);
    }
    await super.listed(page);
  }

  override async listEnds(resourceVersion: string): Promise<void> {
    this.capacity.keepNodes(this.seen);
    await super.listEnds(resourceVersion);
  }

  override async changed(changes: readonly WatchChange<KubernetesNode>[], resourceVersion: string): Promise<void> {
    for (const { type, object } of changes) {
      if (type === 'DELETED') this.capacity.removeNode(object.metadata.name);
      else if (type !== 'BOOKMARK') this.capacity.setNode(object);
    }
    await super.changed(changes, resourceVersion);
  }
}

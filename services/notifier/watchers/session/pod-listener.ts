import { randomInt } from 'node:crypto';
import type { Capacity } from '../findings/capacity';
import type { Sighting } from '../findings/finding';
import { oomSightings } from '../findings/oom-sightings';
import { ownerOf } from '../findings/pod-owner';
import type { KubernetesPod } from '../kubernetes/kubernetes-objects';
import type { WatchChange } from '../kubernetes/watch-lines';
import type { ConditionStore } from './condition-store';
import { LevelListener, objectKey, type Level } from './level-listener';

export const LIST_IDS = 2 ** 47;

export interface PodListenerOptions {
  readonly capacity: Capacity;
  /** Null: of the whole cluster. */
  readonly namespace: string | null;
  readonly quietSeconds: number;
}

/** Containers that ran out of memory, parts of the control plane, and for others what pods ask for and whose they are. */
export class PodListener extends LevelListener<KubernetesPod> {
  /** The kills of each pod that are stored, so that not each change of the pod is written. */
  private readonly kills = new Map<string, string>();
  private listId = randomInt(LIST_IDS);
  private seen = new Set<string>();
  private tellSince: Date | null = null;
  private readonly waiting = Promise.withResolvers<void>();

  constructor(
    store: ConditionStore,
    level: Level<KubernetesPod>,
    private readonly options: PodListenerOptions,
  ) {
    super(store, level);
  }

  /** Resolves when all pods were listed once. */
  get isKnown(): Promise<void> {
    return this.waiting.promise;
  }

  /** Nothing waits any longer for a list that does not come. */
  giveUpWaiting(): void {
    this.waiting.resolve();
  }

  override async listBegins(): Promise<void> {
    const isFirst = (await this.store.position(this.level.scope)) === null;
    this.tellSince = isFirst ? new Date(Date.now() - this.options.quietSeconds * 1000) : null;
    this.listId = randomInt(LIST_IDS);
    this.seen = new Set();
    this.kills.clear();
    await super.listBegins();
  }

  override async listed(page: readonly KubernetesPod[]): Promise<void> {
    for (const pod of page) {
      this.options.capacity.setPod(pod);
      this.seen.add(objectKey(pod));
    }
    await this.sightKills(page);
    await super.listed(page);
  }

  override async listEnds(resourceVersion: string): Promise<void> {
    this.options.capacity.keepPods(this.options.namespace, this.seen);
    this.seen = new Set();
    await super.listEnds(resourceVersion);
    await this.store.endList(this.level.scope, this.listId, resourceVersion);
    this.tellSince = null;
    this.waiting.resolve();
  }

  override async changed(changes: readonly WatchChange<KubernetesPod>[], resourceVersion: string): Promise<void> {
    for (const { type, object } of changes) {
      if (type === 'BOOKMARK') continue;
      const { namespace = '', name } = object.metadata;
      if (type !== 'DELETED') this.options.capacity.setPod(object);
      else this.options.capacity.removePod(namespace, name);
    }
    // What went may have been killed in its last moment.
    await this.sightKills(changes.filter(({ type }) => type !== 'BOOKMARK').map(({ object }) => object));
    for (const { type, object } of changes) if (type === 'DELETED') this.kills.delete(objectKey(object));
    await super.changed(changes, resourceVersion);
  }

  private async sightKills(pods: readonly KubernetesPod[]): Promise<void> {
    const found: [string, Sighting[]][] = pods
      .map((pod): [string, Sighting[]] => [objectKey(pod), oomSightings(pod, ownerOf(pod.metadata).name, this.tellSince)])
      .filter(([key, sightings]) => sightings.length > 0 && this.kills.get(key) !== killsIn(sightings));
    if (found.length === 0) return;
    const { quietSeconds } = this.options;
    await this.store.sight(
      this.level.scope,
      found.flatMap(([, sightings]) => sightings),
      { listId: this.listId, quietSeconds },
    );
    for (const [key, sightings] of found) this.kills.set(key, killsIn(sightings));
  }
}

const killsIn = (sightings: readonly Sighting[]) => sightings.map(({ uid }) => uid).join();

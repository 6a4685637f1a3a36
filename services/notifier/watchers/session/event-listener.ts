import { randomInt } from 'node:crypto';
import { eventSighting } from '../findings/event-sighting';
import type { Sighting } from '../findings/finding';
import type { KubernetesEvent } from '../kubernetes/kubernetes-objects';
import type { StreamListener } from '../kubernetes/list-and-watch';
import type { WatchChange } from '../kubernetes/watch-lines';
import type { ConditionStore } from './condition-store';
import { LIST_IDS } from './pod-listener';

export interface EventListenerOptions {
  readonly scope: string;
  readonly quietSeconds: number;
  readonly ownerName: (namespace: string, pod: string) => string | undefined;
  /** Resolves when owners are known as far as they will be. */
  readonly ready: () => Promise<void>;
}

/**
 * Warnings, which happen and have no end. They are counted by the uid and count of their records, in the transaction that stores up to where they are: a
 * new leader goes on from there, and where that is no longer kept, the records that the cluster still has are compared with what was counted.
 */
export class EventListener implements StreamListener<KubernetesEvent> {
  private listId = randomInt(LIST_IDS);
  private tellSince: Date | null = null;

  constructor(
    private readonly store: ConditionStore,
    private readonly options: EventListenerOptions,
  ) {}

  async resumeFrom(): Promise<string | null> {
    await this.options.ready();
    return this.store.position(this.options.scope);
  }

  async listBegins(): Promise<void> {
    const isFirst = (await this.store.position(this.options.scope)) === null;
    this.tellSince = isFirst ? new Date(Date.now() - this.options.quietSeconds * 1000) : null;
    this.listId = randomInt(LIST_IDS);
  }

  async listed(page: readonly KubernetesEvent[]): Promise<void> {
    const sightings = this.sightingsIn(page);
    if (sightings.length > 0) await this.store.sight(this.options.scope, sightings, this.sightOptions());
  }

  async listEnds(resourceVersion: string): Promise<void> {
    await this.store.endList(this.options.scope, this.listId, resourceVersion);
    this.tellSince = null;
  }

  async changed(changes: readonly WatchChange<KubernetesEvent>[], resourceVersion: string): Promise<void> {
    const of = (isWanted: (type: string) => boolean) => changes.filter(({ type }) => isWanted(type)).map(({ object }) => object);
    const sightings = this.sightingsIn(of((type) => type === 'ADDED' || type === 'MODIFIED'));
    const forgotten = of((type) => type === 'DELETED').flatMap(({ metadata }) => metadata.uid ?? []);
    await this.store.sight(this.options.scope, sightings, { ...this.sightOptions(), forgotten, position: resourceVersion });
  }

  private sightingsIn(events: readonly KubernetesEvent[]): Sighting[] {
    const context = { ownerName: this.options.ownerName, tellSince: this.tellSince };
    return events.flatMap((event) => eventSighting(event, context) ?? []);
  }

  private sightOptions() {
    return { listId: this.listId, quietSeconds: this.options.quietSeconds };
  }
}

import type { StreamListener } from '../kubernetes/list-and-watch';
import type { KubernetesObject } from '../kubernetes/kubernetes-objects';
import type { WatchChange } from '../kubernetes/watch-lines';
import type { Finding } from '../findings/finding';
import type { ConditionStore, ObjectFinding } from './condition-store';

export interface Level<T> {
  readonly scope: string;
  readonly derive: (object: T) => readonly Finding[];
}

export const objectKey = ({ metadata: { namespace, name } }: KubernetesObject) => (namespace ? `${namespace}/${name}` : name);

/**
 * Findings by the state of objects. The whole state is read when a replica begins to lead and after each expiry, so whatever changed meanwhile is made
 * good. In memory it keeps the findings that there are, and nothing of an object that is well.
 */
export class LevelListener<T extends KubernetesObject> implements StreamListener<T> {
  private known = new Map<string, string>();
  private listing: ObjectFinding[] = [];

  constructor(
    protected readonly store: ConditionStore,
    protected readonly level: Level<T>,
  ) {}

  resumeFrom(): Promise<string | null> {
    return Promise.resolve(null);
  }

  async listBegins(): Promise<void> {
    this.listing = [];
  }

  async listed(page: readonly T[]): Promise<void> {
    for (const object of page) this.listing.push(...this.findingsOf(object));
  }

  async listEnds(_resourceVersion: string): Promise<void> {
    await this.store.replace(this.level.scope, null, this.listing);
    this.known = new Map();
    for (const [object, findings] of Map.groupBy(this.listing, ({ object }) => object)) this.known.set(object, JSON.stringify(findings));
    this.listing = [];
  }

  async changed(changes: readonly WatchChange<T>[], _resourceVersion: string): Promise<void> {
    const latest = new Map<string, ObjectFinding[]>();
    for (const { type, object } of changes) {
      if (type !== 'BOOKMARK') latest.set(objectKey(object), type === 'DELETED' ? [] : this.findingsOf(object));
    }
    const news = [...latest].filter(([object, findings]) => (this.known.get(object) ?? '[]') !== JSON.stringify(findings));
    if (news.length === 0) return;
    await this.store.replace(
      this.level.scope,
      news.map(([object]) => object),
      news.flatMap(([, findings]) => findings),
    );
    for (const [object, findings] of news)
      findings.length > 0 ? this.known.set(object, JSON.stringify(findings)) : this.known.delete(object);
  }

  private findingsOf(object: T): ObjectFinding[] {
    return this.level.derive(object).map((finding) => ({ ...finding, object: objectKey(object) }));
  }
}

import { SmartantError, toSmartantError } from '@smartant/kernel';
import { setTimeout as sleep } from 'node:timers/promises';
import { expired } from '../watcher-errors';
import type { KubeClient } from './kube-client';
import type { KubernetesObject } from './kubernetes-objects';
import { watchChanges, type WatchChange } from './watch-lines';

export interface WatchedResource {
  /** "/api/v1/nodes" */
  readonly path: string;
  readonly fieldSelector?: string;
}

/** Who hears what a resource is. Every call is awaited before the next piece of the cluster is read; what it raises makes the stream try again. */
export interface StreamListener<T> {
  /** The version after which changes are wanted; null: the whole state is. Asked once. */
  resumeFrom(): Promise<string | null>;
  /** The whole state comes from here on, page by page. */
  listBegins(): Promise<void>;
  listed(page: readonly T[]): Promise<void>;
  /** The whole state was told: what was not in it is gone. */
  listEnds(resourceVersion: string): Promise<void>;
  changed(changes: readonly WatchChange<T>[], resourceVersion: string): Promise<void>;
}

export interface StreamNews {
  connected(): void;
  failed(error: SmartantError): void;
}

export interface StreamTimes {
  /** A watch is asked to end after it, and given up some time later: then the connection is dead. */
  readonly watchSeconds: number;
  readonly backoffMs: number;
  readonly maxBackoffMs: number;
}

export const DEFAULT_STREAM_TIMES: StreamTimes = { watchSeconds: 240, backoffMs: 500, maxBackoffMs: 30_000 };

const PAGE = 250;
const ANSWER_MS = 60_000;
/** A list of many pages may expire before its end; after so many tries it is asked for in one piece. */
const PAGED_TRIES = 2;

interface ListAnswer<T> {
  readonly metadata?: { readonly resourceVersion?: string; readonly continue?: string };
  readonly items?: readonly T[] | null;
}

/**
 * Lists a resource and follows its changes until `signal` ends it, neither missing nor doubling any.
 *
 * The informer of @kubernetes/client-node (2.0.1, cache.js and watch.js) would lose some: it takes a version for seen before the listener has done
 * anything with it, swallows what a listener raises as if it were a line that cannot be parsed, ends for good at the first refused or broken
 * connection, and begins with the whole state each time, so that after a restart everything is new. It also keeps whole objects, lists without pages
 * and asks for no bookmarks, without which a quiet resource expires. So this asks by KubeConfig's credentials, and reads for itself.
 */
export class ListAndWatch<T extends KubernetesObject> {
  private version: string | null = null;
  private failures = 0;
  private connectedAtMs = 0;

  constructor(
    private readonly client: KubeClient,
    private readonly resource: WatchedResource,
    private readonly listener: StreamListener<T>,
    private readonly news: StreamNews,
    private readonly times: StreamTimes = DEFAULT_STREAM_TIMES,
  ) {}

  /** Resolves when `signal` is aborted. Raises WATCHER_LEASE_LOST from the listener; everything else is tried again. */
  async run(signal: AbortSignal): Promise<void> {
    let isResumed = false;
    while (!signal.aborted) {
      try {
        if (!isResumed) this.version = await this.listener.resumeFrom();
        isResumed = true;
        this.version ??= await this.list(signal);
        await this.watch(signal);
        // The server's own end of a watch. One that ends each at once (a balancer's, for example) must not be asked in a tight loop.
        await sleep(this.times.backoffMs, undefined, { signal });
      } catch (raised) {
        if (signal.aborted) return;
        const error = toSmartantError(raised);
        if (error.code === 'WATCHER_LEASE_LOST') throw error;
        if (error.code === 'KUBERNETES_WATCH_EXPIRED') this.version = null;
        this.news.failed(error);
        await this.pause(error, signal);
      }
    }
  }

  private async list(signal: AbortSignal): Promise<string> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.listOnce(signal, attempt <= PAGED_TRIES);
      } catch (error) {
        if (attempt > PAGED_TRIES || toSmartantError(error).code !== 'KUBERNETES_WATCH_EXPIRED') throw error;
      }
    }
  }

  private async listOnce(signal: AbortSignal, isPaged: boolean): Promise<string> {
    await this.listener.listBegins();
    let next: string | undefined;
    for (;;) {
      const query = { ...this.selector(), ...(isPaged && { limit: String(PAGE) }), ...(next && { continue: next }) };
      const { metadata, items } = await this.client.list<ListAnswer<T>>(this.resource.path, { query, signal, idleMs: ANSWER_MS });
      await this.listener.listed(items ?? []);
      next = metadata?.continue;
      if (next) continue;
      // All pages are of one version, that of the first.
      const version = metadata?.resourceVersion ?? '';
      await this.listener.listEnds(version);
      return version;
    }
  }

  private async watch(signal: AbortSignal): Promise<void> {
    const { watchSeconds } = this.times;
    const query = {
      ...this.selector(),
      ...{ watch: 'true', allowWatchBookmarks: 'true', resourceVersion: this.version!, timeoutSeconds: String(watchSeconds) },
    };
    // Longer than the server's own end of it, so that only a dead connection is ever given up.
    const idleMs = watchSeconds * 1000 + ANSWER_MS;
    const answer = await this.client.open(this.resource.path, { query, signal, idleMs });
    this.news.connected();
    this.connectedAtMs = performance.now();
    for await (const changes of watchChanges<T>(answer)) {
      const version = changes.at(-1)!.object.metadata.resourceVersion;
      if (!version) throw expired();
      await this.listener.changed(changes, version);
      this.version = version;
      this.failures = 0;
    }
  }

  private selector(): Record<string, string> {
    return this.resource.fieldSelector ? { fieldSelector: this.resource.fieldSelector } : {};
  }

  private async pause(error: SmartantError, signal: AbortSignal): Promise<void> {
    const { backoffMs, maxBackoffMs } = this.times;
    // What held for a while was no failure of the one before.
    if (performance.now() - this.connectedAtMs > maxBackoffMs && this.connectedAtMs > 0) this.failures = 0;
    this.connectedAtMs = 0;
    this.failures += 1;
    const backoff = Math.min(backoffMs * 2 ** Math.min(this.failures - 1, 16), maxBackoffMs);
    // Half of it by chance: after an outage not all streams come at once. What expired first is read anew at once, and then no faster than the rest.
    const wished = error.retry.kind === 'after' && (error.retry.delayMs > 0 || this.failures === 1) ? error.retry.delayMs : backoff;
    await sleep(wished / 2 + (Math.random() * wished) / 2, undefined, { signal }).catch(() => undefined);
  }
}

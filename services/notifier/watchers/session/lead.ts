import { toSmartantError, type SmartantError } from '@smartant/kernel';
import type { Logger } from '@smartant/platform/logging';
import { setTimeout as sleep } from 'node:timers/promises';
import type { AlertIntake } from '../../application/ports/alert-intake';
import { Capacity } from '../findings/capacity';
import { readinessFindings, type Readiness } from '../findings/readiness-findings';
import type { KubeClient } from '../kubernetes/kube-client';
import { ListAndWatch } from '../kubernetes/list-and-watch';
import type { WatcherOptions } from '../watcher-settings';
import { clusterStreams } from './cluster-streams';
import type { ConditionStore } from './condition-store';
import { KeptFindings } from './kept-findings';
import type { StreamHealth } from './stream-health';
import { tellConditions } from './tell-conditions';

export interface LeadParts {
  readonly client: KubeClient;
  readonly store: ConditionStore;
  readonly intake: AlertIntake;
  readonly health: StreamHealth;
  readonly logger: Logger;
  readonly options: WatcherOptions;
}

const API_SERVER = 'api-server';
const CAPACITY = 'capacity';
const WATCHES = 'watches';
const PROBE_MS = 10_000;

/** Watches the cluster until `signal` ends it. Raises WATCHER_LEASE_LOST. */
export async function lead(parts: LeadParts, signal: AbortSignal): Promise<void> {
  const ending = new AbortController();
  const all = AbortSignal.any([signal, ending.signal]);
  const capacity = new Capacity();
  const streams = clusterStreams({ ...parts, capacity, signal: all });
  const running = streams.map(({ scope, resource, watched, listener, onFailure }) => {
    const news = parts.health.newsOf(scope, resource);
    const failed = (error: SmartantError) => {
      news.failed(error);
      onFailure?.();
    };
    return new ListAndWatch(parts.client, watched, listener, { ...news, failed }, parts.options.stream).run(all);
  });
  const scopes = [...streams.map(({ scope }) => scope), API_SERVER, CAPACITY, WATCHES];
  const readiness = new KeptFindings(parts.store, API_SERVER);
  const loops = [
    repeat(parts, parts.options.probeSeconds, all, () => probe(parts.client, readiness, all)),
    repeat(parts, parts.options.tickSeconds, all, tick(parts, capacity, readiness, scopes)),
  ];
  try {
    await Promise.all([...running, ...loops]);
  } finally {
    ending.abort();
    await Promise.allSettled([...running, ...loops]);
    parts.health.end();
  }
}

async function probe(client: KubeClient, kept: KeptFindings, signal: AbortSignal): Promise<void> {
  const bounded = AbortSignal.any([signal, AbortSignal.timeout(PROBE_MS)]);
  const readiness = await client.probe('/readyz', { query: { verbose: '' }, signal: bounded, idleMs: PROBE_MS }).then(
    ({ status, body }): Readiness => ({ kind: 'answered', status, body }),
    (error: unknown): Readiness => ({ kind: 'unreachable', why: toSmartantError(error).message }),
  );
  if (!signal.aborted) await kept.set(readinessFindings(readiness));
}

/** What depends on time or on more than one object, and telling. */
function tick(
  { store, intake, health, options }: LeadParts,
  capacity: Capacity,
  readiness: KeptFindings,
  scopes: readonly string[],
): () => Promise<void> {
  const [room, watches] = [new KeptFindings(store, CAPACITY), new KeptFindings(store, WATCHES)];
  let isRetired = false;
  let liveBefore: readonly string[] = [];
  return async () => {
    if (!isRetired) await store.retire(scopes);
    isRetired = true;
    const isCounted = health.isLive('nodes') && health.isLive('pods');
    if (isCounted) await room.set(capacity.findings());
    await watches.set(health.findings());
    const live = health.liveScopes;
    // What happened while it was not followed is on its way.
    await store.restartQuiet(live.filter((scope) => !liveBefore.includes(scope)));
    liveBefore = live;
    await store.settle([...live, WATCHES, ...(readiness.isKnown ? [API_SERVER] : []), ...(isCounted ? [CAPACITY] : [])]);
    await tellConditions(store, intake, options.repeatSeconds);
  };
}

/** Again and again, whatever it raises but the loss of the lead. */
async function repeat({ logger }: LeadParts, seconds: number, signal: AbortSignal, work: () => Promise<void>): Promise<void> {
  let lastCode = '';
  while (!signal.aborted) {
    try {
      await work();
      lastCode = '';
    } catch (raised) {
      const error = toSmartantError(raised);
      if (error.code === 'WATCHER_LEASE_LOST') throw error;
      if (error.code !== lastCode)
        logger.warn({ code: error.code, err: error }, 'What the cluster says could not be told; it is tried again.');
      lastCode = error.code;
    }
    await sleep(seconds * 1000, undefined, { signal }).catch(() => undefined);
  }
}

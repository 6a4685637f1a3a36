import { Probing, type EstimateView, type PrecheckView } from '@smartant/runs';
import type { HostScope } from '../../domain/host-scope';
import type { HostInventory } from '../../domain/inventory';
import type { HostLayout } from '../../domain/layout';
import type { Endpoint } from '../../domain/run';
import type { HostEndpoint, HostEngine } from '../ports/host-engine';
import type { SecretSource } from '../ports/secrets';
import { toHostEndpoint } from '../runs/host-job';

export interface HostPrecheck extends PrecheckView {
  inventory: HostInventory | null;
  layout: HostLayout | null;
}

export type HostProbing = Probing<Endpoint, HostEndpoint, HostScope, HostPrecheck>;

/** Questions about hosts; the objects of a host are its files. */
export function hostProbing(engine: HostEngine, secrets: SecretSource, unexpected: (error: unknown) => void): HostProbing {
  return new Probing<Endpoint, HostEndpoint, HostScope, HostPrecheck>({
    engine,
    unexpected,
    open: (access, endpoint) => toHostEndpoint(access, endpoint, secrets),
    forget: (access, endpoint) => secrets.forget(access, endpoint),
    estimate: (source, scope, signal) => estimate(engine, source, scope, signal),
    precheck: async (source, target, scope, signal) => {
      const { findings, inventory, layout, estimate: found } = await engine.precheck(source, target, scope, signal);
      return { findings, inventory, layout, estimate: { objects: found.files, bytes: found.bytes, complete: inventory !== null } };
    },
    blocked: (findings) => ({ findings, inventory: null, layout: null, estimate: { objects: 0, bytes: 0, complete: false } }),
  });
}

/** What the filesystems of a host hold: no file is counted, so it is never complete. */
async function estimate(engine: HostEngine, source: HostEndpoint, scope: HostScope, signal: AbortSignal): Promise<EstimateView> {
  let bytes = 0;
  for (let pageToken = ''; ;) {
    const { items, nextPageToken } = await engine.discover(source, '', { pageSize: 1_000, pageToken }, signal);
    const wanted = items.filter(({ path, kind }) => kind === 'filesystem' && !scope.excludeMounts.includes(path));
    for (const { sizeBytes } of wanted) bytes += sizeBytes;
    if (nextPageToken === '') return { objects: 0, bytes, complete: false };
    pageToken = nextPageToken;
  }
}

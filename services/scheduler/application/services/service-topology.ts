import { assertAdmin } from '../access';
import type { Caller } from '../use-cases';
import type { PresenceStore, SeenInstance } from './presence-store';

/** - `ready`: works; `unready`: lives, and some of its checks fail; `silent`: has not been heard for a while */
export type InstanceState = 'ready' | 'unready' | 'silent';

export interface ServiceInstance extends Omit<SeenInstance, 'service' | 'ready' | 'seenSecondsAgo'> {
  state: InstanceState;
}

export interface ServiceVersion {
  version: string;
  /** Instances that are not silent. */
  instances: number;
  /** Of the calls that the service answered in the last minute, 0 to 1; null: it answered none. */
  callShare: number | null;
}

/**
 * - `healthy`: every instance is ready
 * - `degraded`: at least one is ready, and others are not
 * - `down`: none is ready
 * - `absent`: none is known, though this installation is to have it
 */
export type ServiceHealth = 'healthy' | 'degraded' | 'down' | 'absent';

export interface PlatformService {
  service: string;
  health: ServiceHealth;
  versions: ServiceVersion[];
  instances: ServiceInstance[];
  lastSeenAt: string | null;
}

export interface TopologyUseCases {
  /** Every service of the platform by name, with its processes. Administrators only. */
  services(caller: Caller): Promise<PlatformService[]>;
}

/** Three words that were lost in a row. */
const SILENT_AFTER_SECONDS = 35;

/** Which services there are, from what their processes say of themselves. */
export class ServiceTopology implements TopologyUseCases {
  constructor(
    private readonly store: PresenceStore,
    private readonly expected: readonly string[],
  ) {}

  async services(caller: Caller): Promise<PlatformService[]> {
    assertAdmin(caller);
    const seen = Map.groupBy(await this.store.list(), ({ service }) => service);
    const names = [...new Set([...this.expected, ...seen.keys()])].sort();
    return names.map((service) => serviceOf(service, (seen.get(service) ?? []).map(toInstance)));
  }
}

function toInstance({ service: _service, ready, seenSecondsAgo, ...instance }: SeenInstance): ServiceInstance {
  return { ...instance, state: seenSecondsAgo > SILENT_AFTER_SECONDS ? 'silent' : ready ? 'ready' : 'unready' };
}

function serviceOf(service: string, instances: ServiceInstance[]): PlatformService {
  const last = instances.map(({ seenAt }) => seenAt).sort();
  return { service, health: healthOf(instances), versions: versionsOf(instances), instances, lastSeenAt: last.at(-1) ?? null };
}

function healthOf(instances: readonly ServiceInstance[]): ServiceHealth {
  if (instances.length === 0) return 'absent';
  const ready = instances.filter(({ state }) => state === 'ready').length;
  if (ready === 0) return 'down';
  return ready === instances.length ? 'healthy' : 'degraded';
}

function versionsOf(instances: readonly ServiceInstance[]): ServiceVersion[] {
  const living = instances.filter(({ state }) => state !== 'silent');
  const calls = (of: readonly ServiceInstance[]) => of.reduce((sum, { callsPerMinute }) => sum + callsPerMinute, 0);
  const all = calls(living);
  return [...Map.groupBy(living, ({ version }) => version)]
    .map(([version, of]) => ({ version, instances: of.length, callShare: all === 0 ? null : calls(of) / all }))
    .sort((one, other) => (one.version < other.version ? -1 : 1));
}

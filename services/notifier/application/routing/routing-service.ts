import { SmartantError } from '@smartant/kernel';
import { SEVERITIES, type Labels, type Severity } from '../../domain/alert';
import { parseRouting } from '../../domain/routing/routing-schema';
import { routingJson } from '../../domain/routing/routing-json';
import { versionStale } from '../errors';
import type { AlertStore, ChannelStore, RoutingRecord, RoutingStore, SilenceStore } from '../ports/stores';
import { placementsOf, type RoutingCache } from './compiled-routing';
import { Holds, type Hold } from './holds';
import { meantChannels } from './named-channels';

export interface RouteMatch {
  path: readonly string[];
  group: Labels;
  channelIds: string[];
  hold: Hold | null;
}

export interface RoutingStores {
  routing: RoutingStore;
  channels: ChannelStore;
  silences: SilenceStore;
  alerts: AlertStore;
}

/** How the alerts of a workspace find their channels. */
export class RoutingService {
  constructor(
    private readonly stores: RoutingStores,
    private readonly cache: RoutingCache,
    private readonly changed: () => void,
  ) {}

  async get(workspaceId: string): Promise<RoutingRecord> {
    const record = await this.stores.routing.read(workspaceId);
    return { ...record, document: routingJson(parseRouting(record.document)) };
  }

  /** Raises ROUTING_INVALID and NOTIFY_VERSION_STALE. Channels may be called by name; the document keeps their ids. */
  async put(workspaceId: string, ifVersion: number, json: unknown, actor: string): Promise<RoutingRecord> {
    const channels = await this.stores.channels.names(workspaceId);
    const ids = new Map([...channels.map(({ id, name }) => [name, id] as const), ...channels.map(({ id }) => [id, id] as const)]);
    const document = routingJson(parseRouting(json, (word) => ids.get(word)));
    const record = await this.stores.routing.replace(workspaceId, ifVersion, document, actor);
    if (!record) throw versionStale('routing', (await this.stores.routing.read(workspaceId)).version);
    this.changed();
    return record;
  }

  /** Where an alert of these labels would go at an instant, and what would hold it. `alertname`, `severity`, `source` and `migration_id` are as in matchers. */
  async test(workspaceId: string, labels: Labels, at: Date): Promise<RouteMatch[]> {
    const { alertname: name = '', severity = 'info', source = '', migration_id: migrationId = '', ...own } = labels;
    if (!SEVERITIES.includes(severity as Severity)) throw severityUnknown();
    const alert = { workspaceId, name, severity: severity as Severity, labels: own, source: source as never, migrationId };
    const routing = this.cache.compiled(workspaceId, await this.stores.routing.read(workspaceId));
    const [channels, silences] = await Promise.all([this.stores.channels.names(workspaceId), this.stores.silences.active(workspaceId, at)]);
    const holds = await Holds.at(at, routing.document, silences, (...page) => this.stores.alerts.firing(workspaceId, ...page));
    return placementsOf(routing, alert).map(({ labels: group, route }) => ({
      path: route.path,
      group,
      channelIds: meantChannels(route.channels, routing.document, channels, at),
      hold: holds.of(alert, route.quiet),
    }));
  }
}

function severityUnknown(): SmartantError {
  return new SmartantError('NOTIFY_LABELS_INVALID', `The severity must be one of ${SEVERITIES.join(', ')}.`, {
    kind: 'invalid',
    hint: 'Give a severity that alerts have, or none: info.',
    fields: [{ field: 'labels.severity', message: `expected one of ${SEVERITIES.join(', ')}` }],
  });
}

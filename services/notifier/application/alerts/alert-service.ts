import type { KnownAlert } from '../../domain/known-alert';
import { matchableLabels } from '../../domain/routing/matcher';
import { DEFAULT_DOCUMENT } from '../../domain/routing/routing-document';
import { parseRouting } from '../../domain/routing/routing-schema';
import { KNOWN_ALERTS, namesCalled, type KnownText } from '../../domain/templates/known-alerts';
import type { Language } from '../../domain/message';
import { notFound } from '../errors';
import { pageOf, toPage, type Page, type PageRequest } from '../paging';
import type { AlertFilter, AlertStore, SilenceStore } from '../ports/stores';
import { Holds } from '../routing/holds';

/** An alert as it is shown. */
export interface ShownAlert extends KnownAlert {
  silenceIds: string[];
  /** Null where nothing is known of its name. */
  texts: Readonly<Record<Language, KnownText>> | null;
}

/** What fires, what is over, and who has taken it on. */
export class AlertService {
  constructor(private readonly stores: { alerts: AlertStore; silences: SilenceStore }) {}

  async get(workspaceId: string, id: string): Promise<ShownAlert> {
    const alert = await this.stores.alerts.find(workspaceId, id);
    if (!alert) throw notFound('alert', id);
    return (await this.shown(workspaceId, [alert]))[0]!;
  }

  async list(workspaceId: string, wanted: Omit<AlertFilter, 'names'>, request: PageRequest): Promise<Page<ShownAlert>> {
    const { size, after } = pageOf(request);
    const filter = { ...wanted, names: namesCalled(wanted.text) };
    const { items, nextPageToken } = toPage(await this.stores.alerts.list(workspaceId, filter, size + 1, after), size);
    return { items: await this.shown(workspaceId, items), nextPageToken };
  }

  /** Ends its escalation and repeats. One that is over or acknowledged stays as it is. */
  async acknowledge(workspaceId: string, id: string, actor: string, comment: string): Promise<ShownAlert> {
    const alert = await this.stores.alerts.acknowledge(workspaceId, id, actor, comment.slice(0, 2_000));
    if (!alert) throw notFound('alert', id);
    return (await this.shown(workspaceId, [alert]))[0]!;
  }

  private async shown(workspaceId: string, alerts: KnownAlert[]): Promise<ShownAlert[]> {
    const at = new Date();
    const silences = alerts.length === 0 ? [] : await this.stores.silences.active(workspaceId, at);
    const holds = await Holds.at(at, parseRouting(DEFAULT_DOCUMENT), silences, async () => []);
    return alerts.map((alert) => ({
      ...alert,
      silenceIds: holds.silencesOf(matchableLabels(alert)),
      texts: Object.hasOwn(KNOWN_ALERTS, alert.name) ? KNOWN_ALERTS[alert.name]! : null,
    }));
  }
}

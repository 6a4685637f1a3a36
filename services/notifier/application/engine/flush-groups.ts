import { newId } from '@smartant/kernel';
import type { EscalationStep, RoutingDocument } from '../../domain/routing/routing-document';
import { worstOf, type Told } from '../../domain/templates/template-context';
import type { DueGroup, GroupStore, Member, NewDelivery } from '../ports/group-store';
import type { TemplateEngine } from '../ports/template-engine';
import type { RoutingCache } from '../routing/compiled-routing';
import { Holds } from '../routing/holds';
import { meantChannels } from '../routing/named-channels';
import { templateFor, writeAnyway } from '../write-message';
import type { NotifierObserver } from './observer';
import { Telling } from './telling';

const PAGE = 500;

export interface FlushTools {
  groups: GroupStore;
  cache: RoutingCache;
  templates: TemplateEngine;
  observer: NotifierObserver;
  /** Where people go on from a message; empty: nowhere is known. */
  publicUrl: string;
}

interface Surroundings extends Awaited<ReturnType<DueGroup['surroundings']>> {
  document: RoutingDocument;
  holds: Holds;
}

/** Tells groups that are due: writes their deliveries in the transaction that marks their alerts as told. In any replica. */
export class FlushGroups {
  constructor(private readonly tools: FlushTools) {}

  /** False when no group is due. */
  step(): Promise<boolean> {
    return this.tools.groups.flushNext((group) => this.flush(group));
  }

  private async flush(group: DueGroup): Promise<void> {
    const surroundings = await group.surroundings();
    const { document } = this.tools.cache.compiled(group.workspaceId, surroundings.routing);
    const holds = await Holds.at(group.now, document, surroundings.silences, (...page) => group.firing(...page));
    const around = { ...surroundings, document, holds };
    const news = await tellPending(group, holds);
    const stillFiring = await group.firingCount();
    const deliveries = news.telling.count > 0 ? this.deliveries(group, around, news.telling, stillFiring) : [];
    const repeated = news.telling.count === 0 && isRepeatDue(group) ? await this.repeat(group, around, stillFiring) : [];
    const escalation = await this.escalate(group, around, stillFiring);
    const all = [...deliveries, ...repeated, ...escalation.deliveries];
    await group.deliver(all);
    const notified = news.telling.count > 0 || repeated.length > 0;
    const dueAt = earliest([
      ...(news.held > 0 ? [later(group.now, group.route.groupIntervalMs), holds.quietUntil(group.route.quiet)] : []),
      escalation.nextAt,
      escalation.open > 0 ? nextRepeat(group, notified) : null,
    ]);
    await group.settle({ dueAt, notified });
    this.tools.observer.flushed(group.id, all.length, news.held);
  }

  private async repeat(group: DueGroup, around: Surroundings, stillFiring: number): Promise<NewDelivery[]> {
    const telling = new Telling();
    for await (const { alert } of pages((size, after) => group.open(size, after))) {
      if (around.holds.of(alert, group.route.quiet) === null) telling.add(alert);
    }
    return telling.count > 0 ? this.deliveries(group, around, telling, stillFiring) : [];
  }

  /** Each alert climbs by itself, from when it was first told. */
  private async escalate(group: DueGroup, around: Surroundings, stillFiring: number) {
    const steps = around.document.escalations.find(({ name }) => name === group.route.escalation)?.steps ?? [];
    if (steps.length === 0) return { open: (await group.open(1, '')).length, nextAt: null, deliveries: [] };
    const climbed = new Map<number, Telling>();
    const marked = new Map<number, string[]>();
    let open = 0;
    let nextAt: Date | null = null;
    for await (const { alert, firstToldAt, escalated } of pages((size, after) => group.open(size, after))) {
      open += 1;
      const told = firstToldAt ?? group.now;
      const reached = steps.filter(({ afterMs }) => told.getTime() + afterMs <= group.now.getTime()).length;
      const held = reached > escalated && around.holds.of(alert, group.route.quiet) !== null;
      if (reached > escalated && !held) {
        const telling = climbed.get(reached) ?? new Telling();
        telling.add(alert);
        climbed.set(reached, telling);
        marked.set(reached, [...(marked.get(reached) ?? []), alert.id]);
      }
      const next = steps[Math.max(reached, escalated)];
      nextAt = earliest([nextAt, next ? later(told, next.afterMs) : null, held ? later(group.now, group.route.groupIntervalMs) : null]);
    }
    for (const [reached, ids] of marked) await group.markEscalated(ids, reached);
    const deliveries = [...climbed].flatMap(([reached, telling]) =>
      this.deliveries(group, around, telling, stillFiring, steps[reached - 1]),
    );
    return { open, nextAt, deliveries };
  }

  private deliveries(group: DueGroup, around: Surroundings, telling: Telling, stillFiring: number, step?: EscalationStep): NewDelivery[] {
    const words = step?.channels ?? group.route.channels;
    const kind = step ? 'escalation' : group.route.digest ? 'digest' : 'group';
    const alerts = telling.listed();
    return meantChannels(words, around.document, around.channels, group.now).map((channelId) => {
      const { type, language } = around.channels.find(({ id }) => id === channelId)!;
      const told: Told = {
        language,
        workspaceId: group.workspaceId,
        groupLabels: group.labels,
        alerts,
        firing: telling.firing,
        resolved: telling.resolved,
        stillFiring,
        kind,
        url: this.urlOf(group.workspaceId),
      };
      const { title, text, problem } = writeAnyway(this.tools.templates, templateFor(around.templates, type, language), told);
      if (problem !== null) this.tools.observer.templateFailed(group.workspaceId, type, problem);
      const message = {
        id: newId('dlv'),
        title,
        text,
        language,
        status: telling.firing + stillFiring > 0 ? ('firing' as const) : ('resolved' as const),
        severity: worstOf(alerts.map(({ severity }) => severity)),
        url: told.url,
        alerts,
        alertCount: telling.count,
        groupKey: group.id,
      };
      return { channelId, kind, message, alertIds: telling.ids, traceId: telling.traceId, spanId: telling.spanId };
    });
  }

  private urlOf(workspaceId: string): string {
    const { publicUrl } = this.tools;
    return publicUrl === ''
      ? ''
      : `${publicUrl}/console/alerts?${workspaceId === '' ? 'scope=platform' : `workspace=${encodeURIComponent(workspaceId)}`}`;
  }
}

async function tellPending(group: DueGroup, holds: Holds): Promise<{ telling: Telling; held: number }> {
  const telling = new Telling();
  let held = 0;
  for (let after = ''; ;) {
    const page = await group.pending(PAGE, after);
    const free = page.filter(({ alert }) => holds.of(alert, group.route.quiet) === null);
    held += page.length - free.length;
    for (const { alert } of free) telling.add(alert);
    if (free.length > 0) await group.markTold(free.map(({ alert }) => alert));
    const last = page.at(-1);
    if (!last || page.length < PAGE) return { telling, held };
    after = last.alert.id;
  }
}

async function* pages(read: (size: number, after: string) => Promise<Member[]>): AsyncGenerator<Member> {
  for (let after = ''; ;) {
    const page = await read(PAGE, after);
    yield* page;
    const last = page.at(-1);
    if (!last || page.length < PAGE) return;
    after = last.alert.id;
  }
}

function isRepeatDue({ route, lastNotifiedAt, now }: DueGroup): boolean {
  return route.digest === null && lastNotifiedAt !== null && lastNotifiedAt.getTime() + route.repeatIntervalMs <= now.getTime();
}

/** A digest is not repeated. */
function nextRepeat({ route, lastNotifiedAt, now }: DueGroup, notified: boolean): Date | null {
  if (route.digest) return null;
  const last = notified || lastNotifiedAt === null ? now : lastNotifiedAt;
  const next = later(last, route.repeatIntervalMs);
  // What was due and is held is looked at again when the group would be.
  return next > now ? next : later(now, route.groupIntervalMs);
}

const later = (date: Date, ms: number) => new Date(date.getTime() + ms);

function earliest(dates: readonly (Date | null)[]): Date | null {
  return dates.reduce<Date | null>((found, date) => (date !== null && (found === null || date < found) ? date : found), null);
}

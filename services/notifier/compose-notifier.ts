import type { Database } from '@smartant/platform/postgres';
import { AlertRows } from './adapters/postgres/alert-rows';
import { ChannelRows } from './adapters/postgres/channel-rows';
import { DeliveryQueueRows } from './adapters/postgres/delivery-queue-rows';
import { DeliveryRows } from './adapters/postgres/delivery-rows';
import { GroupRows } from './adapters/postgres/group-rows';
import { HousekeepingRows } from './adapters/postgres/housekeeping-rows';
import { RoutingRows } from './adapters/postgres/routing-rows';
import { SilenceRows } from './adapters/postgres/silence-rows';
import { TemplateRows } from './adapters/postgres/template-rows';
import { LiquidTemplates } from './adapters/templates/liquid-templates';
import { AlertService } from './application/alerts/alert-service';
import { SilenceService } from './application/alerts/silence-service';
import { ChannelService } from './application/channels/channel-service';
import { DeliveryService } from './application/deliveries/delivery-service';
import { EngineLoop } from './application/engine/engine-loop';
import { ExpireAlerts } from './application/engine/expire-alerts';
import { FlushGroups } from './application/engine/flush-groups';
import type { NotifierObserver } from './application/engine/observer';
import { ReceiveAlerts, type SilenceBounds } from './application/engine/receive-alerts';
import { RouteAlerts } from './application/engine/route-alerts';
import { SendDeliveries } from './application/engine/send-deliveries';
import { SendMessage, type SendTimes } from './application/engine/send-message';
import type { AlertIntake } from './application/ports/alert-intake';
import type { ChannelTypes } from './application/ports/channel';
import type { SecretBox } from './application/ports/secret-box';
import { RoutingCache } from './application/routing/compiled-routing';
import { RoutingService } from './application/routing/routing-service';
import { TemplateService } from './application/templates/template-service';
import type { NotifierUseCases } from './application/use-cases';

export interface NotifierParts {
  database: Database;
  kinds: ChannelTypes;
  box: SecretBox;
  observer: NotifierObserver;
  /** Empty: messages lead nowhere. */
  publicUrl: string;
  slots: number;
  retryHours: number;
  retentionDays: number;
  times?: SendTimes;
  /** What other replicas write is seen within this. */
  lookMs?: number;
  pruneMs?: number;
  /** Absent: what fires does so until its source says that it is over. */
  silence?: SilenceBounds;
  /** For how long nothing is taken for over after the start. */
  expiryGraceMs?: number;
}

export interface Notifier {
  intake: AlertIntake;
  useCases: NotifierUseCases;
  start(): void;
  /** Lets what is being sent come to its end. */
  stop(): Promise<void>;
}

/** A claim outlives its attempt by far: what is lost with a lease is only time. */
export const SEND_TIMES: SendTimes = { sendMs: 20_000, leaseMs: 60_000, doubtMs: 120_000 };
const LOOK_MS = 2_000;
const PRUNE_MS = 10 * 60_000;
/** Senders that could not reach us come again within this. */
const EXPIRY_GRACE_MS = 15 * 60_000;
const EXPIRY_LOOK_MS = 30_000;

/** The notifier's use cases and its engine over one database. */
export function composeNotifier(parts: NotifierParts): Notifier {
  const { database, kinds, box, observer, times = SEND_TIMES } = parts;
  const stores = {
    alerts: new AlertRows(database),
    channels: new ChannelRows(database),
    routing: new RoutingRows(database),
    silences: new SilenceRows(database),
    templates: new TemplateRows(database),
    deliveries: new DeliveryRows(database),
  };
  const groups = new GroupRows(database, parts.retryHours);
  const queue = new DeliveryQueueRows(database);
  const engine = new LiquidTemplates();
  const cache = new RoutingCache((error) => observer.failed('routing document', error));
  const sender = new SendMessage({ queue, kinds, box, observer, times });
  const { loops, poke, sending } = engineOf(parts, { alerts: stores.alerts, groups, queue, engine, cache, sender, times });
  const useCases: NotifierUseCases = {
    channels: new ChannelService(stores, kinds, box),
    routing: new RoutingService(stores, cache, poke),
    silences: new SilenceService(stores.silences, poke),
    alerts: new AlertService(stores),
    deliveries: new DeliveryService({ ...stores, queue, sender, engine, times, changed: poke }),
    templates: new TemplateService(stores, kinds, engine),
  };
  return {
    intake: new ReceiveAlerts(stores.alerts, observer, poke, parts.silence),
    useCases,
    start: () => loops.forEach((loop) => loop.start()),
    stop: async () => {
      await Promise.all(loops.map((loop) => loop.stop()));
      await sending.stop();
    },
  };
}

interface EngineParts {
  alerts: AlertRows;
  groups: GroupRows;
  queue: DeliveryQueueRows;
  engine: LiquidTemplates;
  cache: RoutingCache;
  sender: SendMessage;
  times: SendTimes;
}

/** Alerts → groups → deliveries → channels: each step by itself, each in any replica. */
function engineOf(parts: NotifierParts, { alerts, groups, queue, engine, cache, sender, times }: EngineParts) {
  const { database, kinds, observer, publicUrl, slots, lookMs: longestMs = LOOK_MS } = parts;
  const routing = new RouteAlerts(groups, cache);
  const flushing = new FlushGroups({ groups, cache, templates: engine, observer, publicUrl });
  const housekeeping = new HousekeepingRows(database, parts.retentionDays);
  const loopOf = (part: string, step: () => Promise<boolean>, waitMs: () => Promise<number | null>, longest = longestMs) =>
    new EngineLoop({ step, waitMs, longestMs: longest, onError: (error) => observer.failed(part, error) });
  const sending: SendDeliveries = new SendDeliveries({ queue, sender, kinds, observer, times, slots, onDone: () => sends.poke() });
  const sends: EngineLoop = loopOf(
    'sending',
    () => sending.step(),
    () => queue.nextDueMs(),
  );
  const flushes = loopOf(
    'grouping',
    () => thenPoke(flushing.step(), sends),
    () => groups.nextDueMs(),
  );
  const routes = loopOf(
    'routing',
    () => thenPoke(routing.step(), flushes),
    async () => null,
  );
  const prune = async () => {
    await housekeeping.prune();
    return false;
  };
  const expiry = new ExpireAlerts(alerts, observer, parts.expiryGraceMs ?? EXPIRY_GRACE_MS);
  const expiring = loopOf(
    'expiry',
    () => thenPoke(expiry.step(), routes),
    async () => null,
    parts.lookMs ?? EXPIRY_LOOK_MS,
  );
  const loops = [routes, flushes, sends, expiring, loopOf('housekeeping', prune, async () => null, parts.pruneMs ?? PRUNE_MS)];
  return { loops, sending, poke: () => [routes, flushes, sends].forEach((loop) => loop.poke()) };
}

async function thenPoke(step: Promise<boolean>, next: EngineLoop): Promise<boolean> {
  const worked = await step;
  if (worked) next.poke();
  return worked;
}

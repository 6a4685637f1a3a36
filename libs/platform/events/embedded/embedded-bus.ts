import { SmartantError } from '@smartant/kernel';
import { assertSize, assertTopic, encodeEvent, type DomainEvent } from '../domain-event';
import {
  PARKED_LISTED,
  silentLogger,
  type EventBus,
  type EventLogger,
  type ParkedEvent,
  type SubscribeOptions,
  type Subscription,
} from '../event-bus';
import { OpenSubscriptions } from '../open-subscriptions';
import { BusConnection } from './bus-connection';
import { partitionOf } from './bus-schema';
import { broadcast, onBroadcast } from './embedded-broadcast';
import { EmbeddedSubscription } from './embedded-subscription';
import { listParked, requestReplay } from './parked-events';
import { pruneLog } from './prune-log';

export interface EmbeddedBusConfig {
  kind: 'embedded';
  /** A role that `prepareEmbeddedBus` granted the bus to. */
  databaseUrl: string;
  /** Shown in pg_stat_activity. */
  applicationName?: string;
  /** How long the partitions of a member that died stay with it; 9 s when absent. */
  leaseMs?: number;
  /** How often subscribers look without being woken; 2 s when absent. */
  pollMs?: number;
  logger?: EventLogger;
}

const PRUNE_EVERY_MS = 3_600_000;

/** The event bus inside PostgreSQL: a log with group positions, woken by NOTIFY. See bus-schema.ts for why it loses nothing. */
export class EmbeddedBus implements EventBus {
  private readonly connection: BusConnection;
  private readonly logger: EventLogger;
  private readonly subscriptions = new OpenSubscriptions();
  private pruning: NodeJS.Timeout | undefined;

  constructor(private readonly config: EmbeddedBusConfig) {
    this.logger = config.logger ?? silentLogger;
    this.connection = new BusConnection({
      databaseUrl: config.databaseUrl,
      applicationName: config.applicationName ?? 'smartant',
      logger: this.logger,
    });
  }

  async start(): Promise<void> {
    const [found] = await this.connection.query<{ there: boolean }>("SELECT to_regclass('bus.log') IS NOT NULL AS there");
    if (!found?.there) {
      throw new SmartantError('EVENT_BUS_NOT_PREPARED', 'The database holds no event bus.', {
        kind: 'precondition',
        actor: 'operator',
        hint: 'Run prepareEmbeddedBus as a role that may create schemas (npm start does so), or set SMARTANT_BUS=kafka.',
      });
    }
    await this.connection.start();
    this.pruning = setInterval(() => void this.prune(), PRUNE_EVERY_MS).unref();
  }

  async publish(events: DomainEvent[]): Promise<void> {
    if (events.length === 0) return;
    await this.connection.query('SELECT append($1::text[], $2::text[], $3::int[], $4::text[])', [
      events.map((event) => event.id),
      events.map((event) => event.topic),
      events.map((event) => partitionOf(event.key)),
      events.map(encodeEvent),
    ]);
  }

  async subscribe(options: SubscribeOptions): Promise<Subscription> {
    assertTopic(options.topic);
    assertTopic(options.group);
    const { leaseMs = 9_000, pollMs = 2_000 } = this.config;
    const subscription = new EmbeddedSubscription({ ...options, connection: this.connection, logger: this.logger, leaseMs, pollMs });
    await subscription.start();
    return this.subscriptions.remember(subscription);
  }

  async broadcast(channel: string, payload: object): Promise<void> {
    assertChannel(channel);
    const json = JSON.stringify(payload);
    assertSize(json, `A broadcast on ${channel}`);
    await broadcast(this.connection, channel, json);
  }

  async onBroadcast(channel: string, hear: (payload: object) => void): Promise<Subscription> {
    assertChannel(channel);
    return this.subscriptions.remember(await onBroadcast(this.connection, channel, hear, this.logger));
  }

  parked(topic: string, group: string, limit = PARKED_LISTED): Promise<ParkedEvent[]> {
    return listParked(this.connection, topic, group, limit);
  }

  replayParked(topic: string, group: string): Promise<number> {
    return requestReplay(this.connection, topic, group);
  }

  concerns(): string[] {
    return [];
  }

  async close(): Promise<void> {
    clearInterval(this.pruning);
    await this.subscriptions.close();
    await this.connection.close();
  }

  private async prune(): Promise<void> {
    await pruneLog(this.connection).catch((error: unknown) => this.logger.warn({ err: error }, 'event log could not be pruned'));
  }
}

/** PostgreSQL cuts channel names at 63 bytes without a word. */
function assertChannel(channel: string): void {
  assertTopic(channel);
  if (channel.length > 50)
    throw new SmartantError('EVENT_NAME_INVALID', `"${channel}" is longer than 50 characters.`, { kind: 'internal' });
}

import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { DEFAULT_MAX_ATTEMPTS, deliver, type Outcome } from '../delivery';
import type { DomainEvent } from '../domain-event';
import type { EventLogger, SubscribeOptions, Subscription } from '../event-bus';
import type { BusConnection } from './bus-connection';
import { BUS_CHANNEL } from './bus-schema';
import { GroupLease, type PartitionLease } from './group-lease';
import { eventsToReplay, settleReplay, type ReplayRow } from './parked-events';

export interface EmbeddedSubscriptionOptions extends SubscribeOptions {
  connection: BusConnection;
  logger: EventLogger;
  /** How long a partition stays a silent member's; beaten every third of it. */
  leaseMs: number;
  /** How often it looks without being woken. */
  pollMs: number;
}

interface HeldPartition {
  lease: PartitionLease;
  /** Process time (performance.now) after which the lease may be somebody else's. */
  validUntilMs: number;
  /** Set while events of the partition are being handled. */
  running: Promise<void> | undefined;
}

interface LoggedEvent {
  partition: number;
  /** Of the log; absent for a parked event that is handled again. */
  position?: string;
  parkedId?: string;
  event: DomainEvent;
}

const BATCH_PER_PARTITION = 50;
const DEFAULT_GRACE_MS = 10_000;

/** One member of a consumer group: holds some partitions of a topic, and handles each one's events one after the other. */
export class EmbeddedSubscription implements Subscription {
  private readonly group: GroupLease;
  private readonly held = new Map<number, HeldPartition>();
  private readonly closing = new AbortController();
  private readonly abandon = new AbortController();
  /** Partitions on their way to another member: still prolonged until they are handed over. */
  private readonly leaving = new Map<HeldPartition, Promise<void>>();
  private readonly silence: (() => void)[] = [];
  private timers: NodeJS.Timeout[] = [];
  private readonly beating = new Coalesced(() => this.beat());
  private readonly fetching = new Coalesced(() => this.fetch());
  private closed: Promise<void> | undefined;

  constructor(private readonly options: EmbeddedSubscriptionOptions) {
    const { topic, group, leaseMs } = options;
    this.group = new GroupLease(options.connection, { topic, group, leaseMs, member: `${hostname()}-${process.pid}-${randomUUID()}` });
  }

  async start(): Promise<void> {
    const { connection, topic, leaseMs, pollMs } = this.options;
    this.silence.push(await connection.on(BUS_CHANNEL, (payload) => this.hear(payload)));
    this.silence.push(connection.onReconnect(() => void this.beating.run()));
    await this.group.join();
    await this.beating.run();
    this.timers = [setInterval(() => void this.beating.run(), leaseMs / 3), setInterval(() => void this.fetching.run(), pollMs)];
    this.options.logger.info({ topic, group: this.options.group, partitions: this.held.size }, 'subscribed');
  }

  close({ graceMs = DEFAULT_GRACE_MS }: { graceMs?: number } = {}): Promise<void> {
    this.closed ??= this.leave(graceMs);
    return this.closed;
  }

  private hear(payload: string): void {
    if (payload === `log ${this.options.topic}`) void this.fetching.run();
    if (payload === `group ${this.options.topic}`) void this.beating.run();
  }

  /** Renews what it holds, hands over what is more than its share, takes what is free up to its share. */
  private async beat(): Promise<void> {
    if (this.closing.signal.aborted) return;
    const validUntilMs = performance.now() + this.options.leaseMs;
    try {
      const share = await this.group.beat();
      const ours = [...this.held.values(), ...this.leaving.keys()].map((held) => held.lease);
      this.keep(await this.group.renew(ours), validUntilMs);
      await this.handOver(this.held.size - share);
      if (this.held.size < share) {
        for (const lease of await this.group.claim(share - this.held.size))
          this.held.set(lease.partition, { lease, validUntilMs, running: undefined });
      }
    } catch (error) {
      this.warn(error, 'event group cannot be renewed, trying again');
    }
    void this.fetching.run();
  }

  private keep(renewed: PartitionLease[], validUntilMs: number): void {
    const epochs = new Map(renewed.map((lease) => [lease.partition, lease.epoch]));
    for (const [partition, held] of this.held) {
      if (epochs.get(partition) === held.lease.epoch) held.validUntilMs = validUntilMs;
      else this.held.delete(partition);
    }
  }

  private async handOver(count: number): Promise<void> {
    const idleFirst = [...this.held.values()].sort((a, b) => Number(a.running !== undefined) - Number(b.running !== undefined));
    for (const held of idleFirst.slice(0, Math.max(0, count))) {
      this.held.delete(held.lease.partition);
      const handed = this.releaseWhenDone(held).finally(() => this.leaving.delete(held));
      this.leaving.set(held, handed);
    }
  }

  /** What is being handled is finished first: the next holder must not overtake it. */
  private async releaseWhenDone(held: HeldPartition): Promise<void> {
    await held.running;
    if (this.abandon.signal.aborted) return;
    await this.group.release([held.lease]).catch((error: unknown) => this.warn(error, 'event partition could not be handed over'));
  }

  /** Reads on in every partition that has nothing in hand. */
  private async fetch(): Promise<void> {
    const idle = [...this.held.values()].filter((held) => held.running === undefined && this.holds(held));
    if (idle.length === 0) return;
    try {
      for (const [partition, events] of groupByPartition([...(await this.replays(idle)), ...(await this.logged(idle))])) {
        const held = this.held.get(partition);
        if (held && held.running === undefined) this.handleAll(held, events);
      }
    } catch (error) {
      this.warn(error, 'event log cannot be read, trying again');
    }
  }

  private logged(idle: HeldPartition[]): Promise<LoggedEvent[]> {
    return this.options.connection.query<LoggedEvent>(
      `SELECT held.partition, found.position, found.event
       FROM unnest($2::int[], $3::bigint[]) AS held (partition, position)
       CROSS JOIN LATERAL (
         SELECT position, event FROM log
         WHERE topic = $1 AND partition = held.partition AND position > held.position ORDER BY position LIMIT ${BATCH_PER_PARTITION}
       ) AS found ORDER BY found.position`,
      [this.options.topic, idle.map((held) => held.lease.partition), idle.map((held) => held.lease.position)],
    );
  }

  private async replays(idle: HeldPartition[]): Promise<LoggedEvent[]> {
    const partitions = idle.map((held) => held.lease.partition);
    const rows = await eventsToReplay(this.options.connection, this.group.membership, partitions);
    return rows.map((row: ReplayRow) => ({ partition: row.partition, parkedId: row.id, event: row.event }));
  }

  private handleAll(held: HeldPartition, events: LoggedEvent[]): void {
    held.running = this.handleInTurn(held, events)
      .catch((error: unknown) => this.warn(error, 'event position could not be kept, the event comes again'))
      .finally(() => {
        held.running = undefined;
        void this.fetching.run();
      });
  }

  private async handleInTurn(held: HeldPartition, events: LoggedEvent[]): Promise<void> {
    for (const logged of events) {
      if (!this.holds(held)) return;
      const outcome = await deliver(logged.event, {
        group: this.options.group,
        handler: this.options.handler,
        maxAttempts: this.options.maxAttempts ?? DEFAULT_MAX_ATTEMPTS,
        logger: this.options.logger,
        closing: this.closing.signal,
        abandon: this.abandon.signal,
      });
      if (outcome.kind === 'abandoned') return;
      if (!(await this.settle(held.lease, logged, outcome))) return this.lose(held);
      if (logged.position !== undefined) held.lease.position = logged.position;
    }
  }

  private settle(lease: PartitionLease, logged: LoggedEvent, outcome: Exclude<Outcome, { kind: 'abandoned' }>): Promise<boolean> {
    const position = logged.position ?? lease.position;
    if (outcome.kind === 'poison') return this.group.park(lease, position, { event: logged.event, ...outcome });
    if (logged.parkedId !== undefined) return settleReplay(this.options.connection, this.group.membership, lease, logged.parkedId);
    return this.group.advance(lease, position);
  }

  /** Only this very lease: the partition may have been claimed anew meanwhile. */
  private lose(held: HeldPartition): void {
    if (this.held.get(held.lease.partition) === held) this.held.delete(held.lease.partition);
  }

  private holds(held: HeldPartition): boolean {
    return !this.closing.signal.aborted && this.held.get(held.lease.partition) === held && performance.now() < held.validUntilMs;
  }

  private async leave(graceMs: number): Promise<void> {
    this.closing.abort();
    this.timers.forEach(clearInterval);
    this.silence.forEach((silence) => silence());
    const held = [...this.held.values()];
    const grace = setTimeout(() => this.abandon.abort(), graceMs);
    const abandoned = new Set<HeldPartition>();
    await Promise.all(held.map((each) => each.running?.then(() => void (this.abandon.signal.aborted && abandoned.add(each)))));
    await Promise.all([this.beating.idle(), ...this.leaving.values()]);
    clearTimeout(grace);
    try {
      // Where a handler was abandoned the lease runs out by itself: that handler may still be at work for a while.
      await this.group.release([...this.held.values()].filter((each) => !abandoned.has(each)).map((each) => each.lease));
      await this.group.leave();
    } catch (error) {
      this.warn(error, 'event group could not be left, its leases run out by themselves');
    }
  }

  private warn(error: unknown, message: string): void {
    this.options.logger.warn({ err: error, topic: this.options.topic, group: this.options.group }, message);
  }
}

function groupByPartition(events: LoggedEvent[]): Map<number, LoggedEvent[]> {
  return Map.groupBy(events, (event) => event.partition);
}

/** Runs a job one at a time; a call while it runs makes it run once more afterwards. */
class Coalesced {
  private running: Promise<void> | undefined;
  private again = false;

  constructor(private readonly job: () => Promise<void>) {}

  run(): Promise<void> {
    if (this.running) {
      this.again = true;
      return this.running;
    }
    this.running = this.repeat().finally(() => (this.running = undefined));
    return this.running;
  }

  async idle(): Promise<void> {
    await this.running;
  }

  private async repeat(): Promise<void> {
    do {
      this.again = false;
      await this.job();
    } while (this.again);
  }
}

import type { DomainEvent } from './domain-event';

export type EventHandler = (event: DomainEvent) => Promise<void>;

export interface SubscribeOptions {
  topic: string;
  /** Members of one group share the topic's events; each group sees all of them, from the oldest that the bus still keeps. */
  group: string;
  /**
   * Called with one event at a time per key. The event is acknowledged when it resolves, so it comes again after a crash: be
   * idempotent (`consumeOnce`). What it throws is tried again with growing pauses; a SmartantError of kind `unavailable` or
   * `timeout` says that the event is not to blame and does not count as an attempt.
   */
  handler: EventHandler;
  /** After so many failures the event is parked and its partition goes on; 5 when absent. */
  maxAttempts?: number;
}

export interface Subscription {
  /**
   * Takes no more events and waits for running handlers, at most `graceMs` (10 s when absent). A handler that is still running then is
   * abandoned: its event is not acknowledged and comes again.
   */
  close(options?: { graceMs?: number }): Promise<void>;
}

/** How many parked events are listed unless more are asked for. */
export const PARKED_LISTED = 100;

/** An event that a group could not handle. */
export interface ParkedEvent {
  event: DomainEvent;
  group: string;
  /** The last error's message, and its stable code when it had one. */
  reason: string;
  errorCode: string | null;
  attempts: number;
  /** ISO 8601. */
  parkedAt: string;
}

/**
 * Carries facts between services: at least once, in order per key, to every group. It is no store of record: PostgreSQL is the truth.
 * Facts are not published directly but through the outbox, in the transaction that makes them true.
 */
export interface EventBus {
  /** Connects. Raises EVENT_BUS_UNAVAILABLE, DATABASE_UNAVAILABLE or EVENT_BUS_NOT_PREPARED. */
  start(): Promise<void>;
  /** Durable when it resolves. Events of one key must be given in order, and by one publisher at a time (the relay). */
  publish(events: DomainEvent[]): Promise<void>;
  subscribe(options: SubscribeOptions): Promise<Subscription>;
  /** To every listener in every process that listens now. Lossy and unordered; for progress, never for facts. At most MAX_EVENT_BYTES. */
  broadcast(channel: string, payload: object): Promise<void>;
  onBroadcast(channel: string, hear: (payload: object) => void): Promise<Subscription>;
  /** What a group has parked and not replayed, oldest first, at most `limit` (100 when absent). */
  parked(topic: string, group: string, limit?: number): Promise<ParkedEvent[]>;
  /**
   * Gives a group its parked events of a topic once more (that group alone; after later events of their keys). What fails again is parked
   * again. Resolves with their number.
   */
  replayParked(topic: string, group: string): Promise<number>;
  /** What an operator should mend though the bus works, one sentence each; empty when there is nothing. */
  concerns(): string[];
  /** Closes every subscription, then disconnects. */
  close(): Promise<void>;
}

/** What the bus needs of a logger; pino fits. */
export interface EventLogger {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export const silentLogger: EventLogger = { info: () => undefined, warn: () => undefined, error: () => undefined };

import type { NextStep } from '../../domain/delivery-outcome';
import type { Message } from '../../domain/message';
import type { AttemptRecord, ChannelRecord } from './stores';

/** A delivery that this process alone sends, until its lease runs out. */
export interface ClaimedDelivery {
  readonly id: string;
  readonly workspaceId: string;
  readonly kind: 'group' | 'digest' | 'escalation' | 'test';
  readonly message: Message;
  /** What proves the claim. */
  readonly lease: string;
  /** 1 for the first attempt. */
  readonly attempt: number;
  /** In a row, before this attempt: of the delivery, and of the channel. */
  readonly failures: number;
  readonly channelFailures: number;
  /** What time it has is over when this attempt fails. */
  readonly isLast: boolean;
  readonly channel: ChannelRecord;
  /** To which it may go on; null: to none. */
  readonly fallbackChannelId: string | null;
  readonly traceId: string;
  /** The span in it that told of the alert; empty: none is known. */
  readonly spanId: string;
}

export interface AttemptOutcome {
  attempt: AttemptRecord;
  next: NextStep;
  /** The provider wants no message at all before; undefined: it said nothing. */
  channelPauseMs: number | undefined;
}

export interface DeliveryQueue {
  /**
   * A delivery that is due and whose channel takes messages now, with a token taken from the channel's bucket; the claim is committed when it
   * resolves. Null: none is. `busy`: channels that have enough in this process. `limits`: messages a minute by type.
   */
  claim(options: { leaseMs: number; busy: readonly string[]; limits: ReadonlyMap<string, number> }): Promise<ClaimedDelivery | null>;
  /** A test of a channel, claimed already: nobody else sends it. */
  addTest(test: { workspaceId: string; channel: ChannelRecord; message: Message; leaseMs: number }): Promise<ClaimedDelivery>;
  /** Writes what came of it. A claim that was lost meanwhile changes only what is certain: that it was delivered. */
  record(delivery: ClaimedDelivery, outcome: AttemptOutcome): Promise<void>;
  /**
   * Frees what was claimed by processes that died or went silent. It may have been taken: it is not sent again before `doubtMs` are over.
   * Resolves with what was freed.
   */
  recover(doubtMs: number): Promise<{ id: string; channelId: string }[]>;
  /** Milliseconds until something may be claimed; null: nothing waits. */
  nextDueMs(): Promise<number | null>;
}

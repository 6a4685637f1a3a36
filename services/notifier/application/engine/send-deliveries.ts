import type { ChannelTypes } from '../ports/channel';
import type { ClaimedDelivery, DeliveryQueue } from '../ports/delivery-queue';
import type { NotifierObserver } from './observer';
import type { SendMessage, SendTimes } from './send-message';

export interface SendDeliveriesOptions {
  queue: DeliveryQueue;
  sender: SendMessage;
  kinds: ChannelTypes;
  observer: NotifierObserver;
  times: SendTimes;
  /** At once in this process. */
  slots: number;
  /** Something was written that groups or other slots may wait for. */
  onDone: () => void;
}

/** Of one channel at once in a process: one that hangs must not take every slot. */
const PER_CHANNEL = 2;

/** Sends what is due, several at a time. */
export class SendDeliveries {
  private readonly sending = new Map<ClaimedDelivery, Promise<void>>();
  private readonly stopping = new AbortController();
  private readonly limits: ReadonlyMap<string, number>;

  constructor(private readonly options: SendDeliveriesOptions) {
    this.limits = new Map([...options.kinds].map(([type, kind]) => [type, kind.limits.messagesPerMinute]));
  }

  /** Claims one delivery and begins to send it; false when none is due, or every slot is taken: its end pokes. */
  async step(): Promise<boolean> {
    const { queue, slots, observer, times } = this.options;
    for (const { id, channelId } of await queue.recover(times.doubtMs)) observer.uncertain(id, channelId);
    if (this.sending.size >= slots) return false;
    const delivery = await queue.claim({ leaseMs: times.leaseMs, busy: this.busy(), limits: this.limits });
    if (!delivery) return false;
    const done = this.send(delivery).finally(() => {
      this.sending.delete(delivery);
      this.options.onDone();
    });
    this.sending.set(delivery, done);
    return true;
  }

  /** Lets what is being sent come to its end, at most `graceMs`; what then is not over is stopped, and its lease runs out. */
  async stop(graceMs = 5_000): Promise<void> {
    const timer = setTimeout(() => this.stopping.abort(), graceMs);
    await Promise.all(this.sending.values());
    clearTimeout(timer);
  }

  private async send(delivery: ClaimedDelivery): Promise<void> {
    const { sender, observer } = this.options;
    await sender.attempt(delivery, this.stopping.signal).catch((error: unknown) => observer.failed('delivery', error));
  }

  private busy(): string[] {
    const byChannel = Map.groupBy(this.sending.keys(), ({ channel }) => channel.id);
    return [...byChannel].filter(([, deliveries]) => deliveries.length >= PER_CHANNEL).map(([id]) => id);
  }
}

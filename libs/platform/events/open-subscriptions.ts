import type { Subscription } from './event-bus';

/** What a bus has open, so that closing the bus closes it all. */
export class OpenSubscriptions {
  private readonly open = new Set<Subscription>();

  /** The subscription as its user gets it: closing it takes it out of here. */
  remember(subscription: Subscription): Subscription {
    this.open.add(subscription);
    return {
      close: async (options) => {
        await subscription.close(options);
        this.open.delete(subscription);
      },
    };
  }

  async close(): Promise<void> {
    await Promise.all([...this.open].map((subscription) => subscription.close()));
  }
}

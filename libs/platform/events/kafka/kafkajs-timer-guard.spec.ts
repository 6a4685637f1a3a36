import RequestQueue from 'kafkajs/src/network/requestQueue';
import { guardKafkajsTimers } from './kafkajs-timer-guard';

interface Queue {
  pending: unknown[];
  throttledUntil: number;
  throttleCheckTimeoutId: unknown;
  checkPendingRequests(): void;
  destroy(): void;
}

describe('guardKafkajsTimers', () => {
  let queue: Queue;

  beforeEach(() => {
    guardKafkajsTimers();
    queue = new RequestQueue({
      maxInFlightRequests: 1,
      requestTimeout: 1_000,
      clientId: 'c',
      broker: 'b',
      logger: { debug: () => undefined },
    }) as Queue;
  });

  afterEach(() => queue.destroy());

  it('sets no timer when nothing waits', () => {
    queue.checkPendingRequests();
    expect(queue.throttleCheckTimeoutId).toBeNull();
  });

  it('sets one when the broker throttles', () => {
    queue.throttledUntil = Date.now() + 10_000;
    queue.checkPendingRequests();
    expect(queue.throttleCheckTimeoutId).not.toBeNull();
  });
});

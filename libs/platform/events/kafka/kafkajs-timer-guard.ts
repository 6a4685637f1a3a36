import RequestQueue from 'kafkajs/src/network/requestQueue';

/** The part of kafkajs' request queue that the guard touches (2.2.4). */
interface GuardedQueue {
  throttledUntil: number;
  pending: unknown[];
  scheduleCheckPendingRequests(): void;
}

const GUARDED = Symbol.for('smartant.kafkajs-timer-guard');

/**
 * kafkajs 2.2.4 schedules its next look at the request queue at `throttledUntil - now`, which is a large negative number when the
 * broker does not throttle. Node runs such a timer after 1 ms (and warns since 24), the look schedules the next one, and an idle client
 * burns a core's tenth for ever: https://github.com/tulios/kafkajs/issues/1751. A timer is needed only where requests wait or the
 * broker throttles; a request that comes later schedules its own. Idempotent; call it before the first client is made.
 */
export function guardKafkajsTimers(): void {
  const prototype = RequestQueue.prototype as GuardedQueue & { [GUARDED]?: true };
  if (prototype[GUARDED]) return;
  if (typeof prototype.scheduleCheckPendingRequests !== 'function') return;
  const schedule = prototype.scheduleCheckPendingRequests;
  prototype.scheduleCheckPendingRequests = function (this: GuardedQueue) {
    if (this.pending.length > 0 || this.throttledUntil > Date.now()) schedule.call(this);
  };
  prototype[GUARDED] = true;
}

import type { AlertStore } from '../ports/stores';
import type { NotifierObserver } from './observer';

/** Of one transaction. */
const BATCH = 500;

/**
 * Ends alerts whose source has been silent for longer than it may be. Not in the first while of a process: after an outage of ours sources are yet
 * to say again what fires, and their silence was our deafness.
 */
export class ExpireAlerts {
  private readonly fromMs: number;

  constructor(
    private readonly alerts: Pick<AlertStore, 'expire'>,
    private readonly observer: NotifierObserver,
    graceMs: number,
  ) {
    this.fromMs = performance.now() + graceMs;
  }

  /** False when none is left. */
  async step(): Promise<boolean> {
    if (performance.now() < this.fromMs) return false;
    const expired = await this.alerts.expire(BATCH);
    for (const [source, count] of expired) this.observer.expired(source, count);
    return expired.size > 0;
  }
}

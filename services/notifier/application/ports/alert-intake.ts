import type { AlertReport } from '../../domain/alert';

/** Where sources bring what they saw: events, webhooks and watchers. */
export interface AlertIntake {
  /**
   * Stored when it resolves, all or none. Idempotent by fingerprint and moment: a report that was brought before changes nothing,
   * and one that is older than what is known of its alert is dropped.
   */
  report(reports: readonly AlertReport[]): Promise<void>;
}

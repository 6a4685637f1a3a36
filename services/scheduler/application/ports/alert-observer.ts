import type { Condition } from '../../domain/alerting/condition';

/** Makes what the alert rules do visible: spans, metrics and log lines. */
export interface AlertObserver {
  /** Conditions that were told, each as it was told. */
  told(conditions: readonly Condition[]): void;
  /** One whole look at everything. */
  look(work: () => Promise<void>): Promise<void>;
  /** A rule could not be held against one fact; what was known of it stays as it is. */
  factFailed(subject: string, id: string, error: unknown): void;
  /** More facts than are looked at at once: what is beyond is not watched. */
  factsCut(subject: string, limit: number): void;
  /** A look failed: there will be another. */
  lookFailed(error: unknown): void;
  /** An endpoint was tried. */
  tried(outcome: 'reached' | 'failed' | 'not-tried'): void;
}

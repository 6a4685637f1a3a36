import { createHash } from 'node:crypto';

export const SEVERITIES = ['critical', 'warning', 'info'] as const;
export type Severity = (typeof SEVERITIES)[number];

/** Who saw it: our scheduler's rules, our watchers of Kubernetes, or another system that told us. */
export type AlertSource = 'scheduler' | 'kubernetes' | 'alertmanager' | 'kubesphere';

export type Labels = Readonly<Record<string, string>>;

/** One saying of a source that something fires or is over. Sources say it again while it lasts. */
export interface AlertReport {
  /** Empty: the platform's own. */
  readonly workspaceId: string;
  /** The rule's name, kebab-case for our own: migration-failed, node-not-ready. */
  readonly name: string;
  readonly severity: Severity;
  /** What tells this alert from others, and what routes match. Bounded by the intake. */
  readonly labels: Labels;
  /** What texts are made of: an error's code, message and hint, figures with their units in their names. No secret. */
  readonly annotations: Labels;
  readonly source: AlertSource;
  /** Empty where it is of no migration. */
  readonly migrationId: string;
  readonly startsAt: Date;
  /** Null while it fires. */
  readonly endsAt: Date | null;
  /** How long it fires, ms, unless it is said again; absent: as is configured for its source. */
  readonly silentMs?: number | null;
  /** Of the work that it came of; empty: none. */
  readonly traceId: string;
  /** The span in that trace that told of it; empty: none is known. */
  readonly spanId: string;
}

/** SHA-256, 64 hexadecimal digits, of workspace, name and labels: two reports of one fingerprint are of one alert. The order of labels is nothing. */
export function fingerprintOf(report: Pick<AlertReport, 'workspaceId' | 'name' | 'labels'>): string {
  const labels = Object.entries(report.labels).sort(([a], [b]) => (a < b ? -1 : 1));
  return createHash('sha256')
    .update(JSON.stringify([report.workspaceId, report.name, labels]))
    .digest('hex');
}

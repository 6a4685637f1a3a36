import { fingerprintOf, type AlertReport, type AlertSource, type Labels, type Severity } from './alert';

/** An alert as it is kept: one row for each fingerprint, whatever firings there were. */
export interface KnownAlert {
  readonly id: string;
  readonly workspaceId: string;
  readonly fingerprint: string;
  readonly name: string;
  readonly severity: Severity;
  readonly status: 'firing' | 'resolved';
  readonly labels: Labels;
  readonly annotations: Labels;
  readonly source: AlertSource;
  readonly migrationId: string;
  readonly traceId: string;
  readonly startsAt: Date;
  readonly endsAt: Date | null;
  readonly acknowledgedAt: Date | null;
  readonly acknowledgedBy: string;
}

/** `none`: nothing new, or older than what is known. `facts`: what its texts are made of. The others are told. */
export type AlertChange = 'none' | 'facts' | 'severity' | 'fired' | 'resolved';

/** What a first report makes. */
export function firstKnown(id: string, report: AlertReport): KnownAlert {
  const { endsAt, ...facts } = report;
  return { ...facts, id, fingerprint: fingerprintOf(report), status: statusOf(report), endsAt, acknowledgedAt: null, acknowledgedBy: '' };
}

/**
 * What a further report makes of an alert. Reports come repeated and out of order: one firing is told from the next by its beginning,
 * which lies after the end of the one before.
 */
export function afterReport(known: KnownAlert, report: AlertReport): { alert: KnownAlert; change: AlertChange } {
  const unchanged = { alert: known, change: 'none' as const };
  if (known.status === 'firing') {
    if (report.endsAt === null) return report.startsAt < known.startsAt ? unchanged : repeated(known, report);
    if (report.endsAt < known.startsAt) return unchanged;
    return { alert: { ...known, status: 'resolved', endsAt: report.endsAt, annotations: report.annotations }, change: 'resolved' };
  }
  if (report.startsAt <= (known.endsAt ?? known.startsAt)) return unchanged;
  const { traceId, startsAt, endsAt, annotations, severity } = report;
  const alert: KnownAlert = {
    ...known,
    status: statusOf(report),
    traceId,
    startsAt,
    endsAt,
    annotations,
    severity,
    acknowledgedAt: null,
    acknowledgedBy: '',
  };
  // A firing of which we hear only that it is over is nothing to wake anybody for.
  return { alert, change: report.endsAt === null ? 'fired' : 'facts' };
}

function repeated(known: KnownAlert, { severity, annotations }: AlertReport): { alert: KnownAlert; change: AlertChange } {
  // The beginning stays: sources that lost theirs (a restart) say a later one of what never ended.
  const alert = { ...known, severity, annotations };
  if (severity !== known.severity) return { alert, change: 'severity' };
  return sameTexts(annotations, known.annotations) ? { alert: known, change: 'none' } : { alert, change: 'facts' };
}

const statusOf = ({ endsAt }: AlertReport) => (endsAt === null ? 'firing' : 'resolved');

function sameTexts(a: Labels, b: Labels): boolean {
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => a[name] === b[name]);
}

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
  readonly spanId: string;
  readonly startsAt: Date;
  readonly endsAt: Date | null;
  /** Its end is only what we took its source's silence for. */
  readonly isExpired: boolean;
  readonly acknowledgedAt: Date | null;
  readonly acknowledgedBy: string;
}

/** `none`: nothing new, or older than what is known. `facts`: what its texts are made of. The others are told. */
export type AlertChange = 'none' | 'facts' | 'severity' | 'fired' | 'resolved';

/** What a first report makes. */
export function firstKnown(id: string, report: AlertReport): KnownAlert {
  const { endsAt, silentMs: _silentMs, ...facts } = report;
  const status = statusOf(report);
  return { ...facts, id, fingerprint: fingerprintOf(report), status, endsAt, isExpired: false, acknowledgedAt: null, acknowledgedBy: '' };
}

/**
 * What a further report makes of an alert. Reports come repeated and out of order: one firing is told from the next by its beginning,
 * which lies after the end of the one before. An end that we took silence for is none: a source that speaks again of the same firing is believed.
 */
export function afterReport(known: KnownAlert, report: AlertReport): { alert: KnownAlert; change: AlertChange } {
  const unchanged = { alert: known, change: 'none' as const };
  if (known.status === 'firing') {
    if (report.endsAt === null) return report.startsAt < known.startsAt ? unchanged : repeated(known, report);
    if (report.endsAt < known.startsAt) return unchanged;
    return {
      alert: { ...known, status: 'resolved', endsAt: report.endsAt, isExpired: false, annotations: report.annotations },
      change: 'resolved',
    };
  }
  if (known.isExpired && report.endsAt !== null && report.endsAt >= known.startsAt && report.startsAt <= (known.endsAt ?? known.startsAt))
    return { alert: { ...known, endsAt: report.endsAt, isExpired: false, annotations: report.annotations }, change: 'facts' };
  if (report.startsAt <= (known.isExpired ? beforeMs(known.startsAt) : (known.endsAt ?? known.startsAt))) return unchanged;
  const { traceId, spanId, startsAt, endsAt, annotations, severity } = report;
  const alert: KnownAlert = {
    ...known,
    status: statusOf(report),
    traceId,
    spanId,
    startsAt,
    endsAt,
    isExpired: false,
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

/** So that a firing that begins then is a later one. */
const beforeMs = (date: Date) => new Date(date.getTime() - 1);

const statusOf = ({ endsAt }: AlertReport) => (endsAt === null ? 'firing' : 'resolved');

function sameTexts(a: Labels, b: Labels): boolean {
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => a[name] === b[name]);
}

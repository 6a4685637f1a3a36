import { SmartantError, type FieldError } from '@smartant/kernel';
import { redactFields, redactText } from '@smartant/platform/logging';
import { SEVERITIES, type AlertReport, type AlertSource, type Labels } from '../../domain/alert';
import type { AlertIntake } from '../ports/alert-intake';
import type { AlertStore } from '../ports/stores';
import type { NotifierObserver } from './observer';

/** Of one call. */
export const MOST_REPORTS = 10_000;
const MOST_LABELS = 64;
const LONGEST_NAME = 256;
const LONGEST_LABEL = 1_024;
const LONGEST_ANNOTATION = 8_192;

/** After how long of silence an alert of a source is taken for over, ms. Absent: its source says the end of each. */
export type SilenceBounds = Readonly<Partial<Record<AlertSource, number>>>;

/** Takes in what sources saw: bounded, without secrets, once. */
export class ReceiveAlerts implements AlertIntake {
  constructor(
    private readonly alerts: AlertStore,
    private readonly observer: NotifierObserver,
    private readonly changed: () => void,
    private readonly silence: SilenceBounds = {},
  ) {}

  /** Raises ALERT_INVALID. */
  async report(reports: readonly AlertReport[]): Promise<void> {
    if (reports.length === 0) return;
    const problems = [
      ...(reports.length > MOST_REPORTS ? [{ field: 'alerts', message: `more than ${MOST_REPORTS} at once` }] : []),
      ...reports.flatMap((report, index) => problemsOf(report, `alerts.${index}`)).slice(0, 20),
    ];
    if (problems.length > 0) throw alertInvalid(problems);
    const changes = await this.alerts.record(
      reports.map((report) => ({ ...tidy(report), silentMs: report.silentMs ?? this.silence[report.source] ?? null })),
    );
    this.observer.received(reports[0]!.source, changes);
    this.changed();
  }
}

export function alertInvalid(fields: FieldError[]): SmartantError {
  return new SmartantError('ALERT_INVALID', `The alerts are wrong in ${fields.map(({ field }) => field).join(', ')}.`, {
    kind: 'invalid',
    hint: 'Correct the fields that are named, and send them again.',
    fields,
  });
}

function problemsOf({ name, severity, labels, startsAt, endsAt }: AlertReport, path: string): FieldError[] {
  const names = Object.keys(labels);
  return [
    ...(name !== '' && name.length <= LONGEST_NAME ? [] : [{ field: `${path}.name`, message: `expected 1 to ${LONGEST_NAME} characters` }]),
    ...(SEVERITIES.includes(severity) ? [] : [{ field: `${path}.severity`, message: `expected one of ${SEVERITIES.join(', ')}` }]),
    ...(names.length <= MOST_LABELS ? [] : [{ field: `${path}.labels`, message: `expected at most ${MOST_LABELS}` }]),
    ...names
      .filter((label) => label === '' || label.length > LONGEST_NAME || labels[label]!.length > LONGEST_LABEL)
      .map((label) => ({
        field: `${path}.labels.${label.slice(0, 50)}`,
        message: `expected a name of 1 to ${LONGEST_NAME} and a value of up to ${LONGEST_LABEL}`,
      })),
    ...(isTime(startsAt) ? [] : [{ field: `${path}.startsAt`, message: 'expected a time' }]),
    ...(endsAt === null || isTime(endsAt) ? [] : [{ field: `${path}.endsAt`, message: 'expected a time' }]),
  ];
}

const isTime = (date: Date) => !Number.isNaN(date.getTime()) && date.getUTCFullYear() > 1970 && date.getUTCFullYear() < 10_000;

/**
 * What PostgreSQL can't hold is taken out; annotations are for people, so they are cut rather than refused. Texts are redacted, annotations also by
 * their names. A label's name says nothing: `secret` is the name of a Kubernetes Secret, and tells its alert from others.
 */
function tidy(report: AlertReport): AlertReport {
  const annotations = Object.entries(report.annotations)
    .slice(0, MOST_LABELS)
    .map(([name, value]) => [plain(name.slice(0, LONGEST_NAME)), plain(value).slice(0, LONGEST_ANNOTATION)]);
  return {
    ...report,
    name: plain(report.name),
    labels: Object.fromEntries(Object.entries(report.labels).map(([name, value]) => [plain(name), redactText(plain(value))])) as Labels,
    annotations: redactFields(Object.fromEntries(annotations)) as Labels,
    migrationId: plain(report.migrationId).slice(0, LONGEST_NAME),
    traceId: /^[0-9a-f]{32}$/.test(report.traceId) ? report.traceId : '',
    spanId: /^[0-9a-f]{16}$/.test(report.spanId) ? report.spanId : '',
  };
}

/** Without NUL and lone surrogates. */
const plain = (text: string) => text.replaceAll('\u0000', '').toWellFormed();

import { z } from 'zod';
import type { FieldError } from '@smartant/kernel';
import { alertInvalid, MOST_REPORTS } from '../../application/engine/receive-alerts';
import type { AlertReport, AlertSource, Labels, Severity } from '../../domain/alert';

const texts = z.record(z.string(), z.string()).default({});
const time = z.string().transform((text, context) => {
  const date = new Date(text);
  if (!Number.isNaN(date.getTime())) return date;
  context.addIssue({ code: 'custom', message: 'expected an RFC 3339 time' });
  return z.NEVER;
});

const alert = z.object({
  status: z.string().optional(),
  labels: texts,
  annotations: texts,
  startsAt: time.optional(),
  endsAt: time.optional(),
});

/** Alertmanager's webhook, version 4: https://prometheus.io/docs/alerting/latest/configuration/#webhook_config. The groups are Alertmanager's and not ours. */
const alertmanager = z.object({ version: z.literal('4').optional(), alerts: z.array(alert).max(MOST_REPORTS) });

/**
 * What KubeSphere posts to notification-manager's `/api/v2/alerts`: a list of alerts as Alertmanager's API takes them, or such a list as
 * `alerts` of an object. https://github.com/kubesphere/notification-manager
 */
const kubesphere = z.union([z.array(alert).max(MOST_REPORTS), alertmanager.transform(({ alerts }) => alerts)]);

export const BODIES = {
  alertmanager: (json: unknown, workspaceId: string, now: Date) =>
    reports(parse(alertmanager, json).alerts, 'alertmanager', workspaceId, now),
  kubesphere: (json: unknown, workspaceId: string, now: Date) => reports(parse(kubesphere, json), 'kubesphere', workspaceId, now),
} as const satisfies Record<string, (json: unknown, workspaceId: string, now: Date) => AlertReport[]>;

function parse<Schema extends z.ZodType>(schema: Schema, json: unknown): z.output<Schema> {
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues.flatMap((issue) => (issue.code === 'invalid_union' ? (issue.errors.at(-1) ?? []) : [issue]));
  throw alertInvalid(issues.slice(0, 20).map(({ path, message }): FieldError => ({ field: path.join('.') || 'body', message })));
}

const SEVERITY_WORDS: Record<string, Severity> = {
  critical: 'critical',
  error: 'critical',
  emergency: 'critical',
  fatal: 'critical',
  page: 'critical',
  warning: 'warning',
  warn: 'warning',
  major: 'warning',
  minor: 'info',
  info: 'info',
  information: 'info',
  none: 'info',
};

function reports(alerts: z.output<typeof alert>[], source: AlertSource, workspaceId: string, now: Date): AlertReport[] {
  return alerts.map(({ status, labels, annotations, startsAt, endsAt }, index) => {
    const { alertname, severity = '', ...rest } = labels;
    if (!alertname) throw alertInvalid([{ field: `alerts.${index}.labels.alertname`, message: 'is not set' }]);
    return {
      workspaceId,
      name: alertname,
      severity: SEVERITY_WORDS[severity.toLowerCase()] ?? 'warning',
      labels: rest as Labels,
      annotations,
      source,
      migrationId: '',
      startsAt: startsAt ?? now,
      endsAt: endOf(status, endsAt, now),
      ...silenceOf(status, endsAt, now),
      traceId: '',
      spanId: '',
    };
  });
}

/** Clocks differ, and whoever repeats itself may be late. */
const LEAST_SILENCE_MS = 5 * 60_000;
/** An end that is so far away is none. */
const FAR_YEAR = 2090;

function silenceOf(status: string | undefined, endsAt: Date | undefined, now: Date): { silentMs?: number } {
  if (status !== undefined || endsAt === undefined || endsAt <= now || endsAt.getUTCFullYear() >= FAR_YEAR) return {};
  return { silentMs: Math.max(LEAST_SILENCE_MS, endsAt.getTime() - now.getTime()) };
}

/** What fires has the year 1, or an end in the future, which only says when silence would mean that it is over. */
function endOf(status: string | undefined, endsAt: Date | undefined, now: Date): Date | null {
  if (status === 'firing') return null;
  if (status === 'resolved') return endsAt && endsAt.getUTCFullYear() > 1970 ? endsAt : now;
  return endsAt && endsAt.getUTCFullYear() > 1970 && endsAt <= now ? endsAt : null;
}

import { SEVERITIES, type Labels, type Severity } from '../alert';
import type { Language, MessageAlert } from '../message';
import { KNOWN_ALERTS } from './known-alerts';

/** What a message tells of, before it has words. */
export interface Told {
  readonly language: Language;
  readonly workspaceId: string;
  readonly groupLabels: Labels;
  /** Worst first; the message may be about more than are listed. */
  readonly alerts: readonly MessageAlert[];
  readonly firing: number;
  readonly resolved: number;
  /** All of the group that fire, also those that were told before. */
  readonly stillFiring: number;
  readonly kind: 'group' | 'digest' | 'escalation' | 'test';
  readonly url: string;
}

/** What templates can read: plain values and nothing else. Documented in docs/guides/notifications.md. */
export type TemplateContext = Readonly<Record<string, unknown>>;

const SEVERITY_NAMES: Record<Language, Record<Severity, string>> = {
  en: { critical: 'critical', warning: 'warning', info: 'info' },
  zh: { critical: '严重', warning: '警告', info: '提示' },
};
/** In this order: what an alert is about in the words of its labels. */
const SUBJECTS = ['migration', 'endpoint', 'pod', 'workload', 'node', 'instance', 'component', 'object'];
/** In this order: what its source says of it. */
const TEXTS = ['error_message', 'message', 'description', 'summary'];

export function worstOf(severities: Iterable<Severity>): Severity {
  const found = new Set(severities);
  return SEVERITIES.find((severity) => found.has(severity)) ?? 'info';
}

export function templateContext(told: Told): TemplateContext {
  const { language, alerts, firing, resolved, stillFiring, kind, url } = told;
  const severity = worstOf(alerts.map((alert) => alert.severity));
  const count = firing + resolved;
  return {
    status: firing + stillFiring > 0 ? 'firing' : 'resolved',
    severity,
    severity_name: SEVERITY_NAMES[language][severity],
    count,
    firing,
    resolved,
    more: Math.max(0, count - alerts.length),
    still_firing: stillFiring,
    digest: kind === 'digest',
    escalation: kind === 'escalation',
    workspace: told.workspaceId,
    group: { ...told.groupLabels },
    url,
    alerts: alerts.map((alert) => alertContext(alert, language)),
  };
}

function alertContext(alert: MessageAlert, language: Language): Record<string, unknown> {
  const { name, labels, annotations, severity, startsAt, endsAt } = alert;
  const known = Object.hasOwn(KNOWN_ALERTS, name) ? KNOWN_ALERTS[name]![language] : undefined;
  const subject = SUBJECTS.map((label) => valueOf(labels, label) || valueOf(annotations, label)).find((value) => value !== '') ?? '';
  const namespace = valueOf(labels, 'namespace');
  const title = known?.title ?? (valueOf(annotations, 'summary') || name.replaceAll('-', ' '));
  const code = valueOf(annotations, 'error_code') || valueOf(annotations, 'code');
  const text = TEXTS.map((word) => valueOf(annotations, word)).find((value) => value !== '' && value !== title) ?? '';
  return {
    id: alert.id,
    name,
    title,
    subject: namespace !== '' && subject !== '' ? `${namespace}/${subject}` : subject || namespace,
    text: [text, code === '' ? '' : `(${code})`].filter((part) => part !== '').join(' '),
    advice: valueOf(annotations, 'hint') || (known?.advice ?? ''),
    status: alert.status,
    severity,
    severity_name: SEVERITY_NAMES[language][severity],
    labels: { ...labels },
    annotations: { ...annotations },
    starts_at: startsAt.toISOString().replace(/\.\d+Z$/, 'Z'),
    ends_at: endsAt?.toISOString().replace(/\.\d+Z$/, 'Z') ?? '',
  };
}

const valueOf = (labels: Labels, name: string) => (Object.hasOwn(labels, name) ? labels[name]! : '');

import type { z } from 'zod';
import type { Message } from '../../domain/message';

const WORDS = {
  en: { firing: 'firing', resolved: 'resolved', critical: 'critical', warning: 'warning', info: 'info' },
  zh: { firing: '告警', resolved: '已恢复', critical: '严重', warning: '警告', info: '提示' },
} as const;

type Values = Readonly<Record<string, string>>;

/** The placeholders that settings of channels may have; nothing else is ever put in. */
export function messageValues(message: Message): Values {
  const words = WORDS[message.language];
  const startsAt = message.alerts[0]?.startsAt;
  return {
    id: message.id,
    title: message.title,
    text: message.text,
    status: words[message.status],
    severity: words[message.severity],
    count: String(message.alertCount),
    time: startsAt === undefined ? '' : startsAt.toISOString().slice(0, 19).replace('T', ' '),
    url: message.url,
  };
}

const NAMES = new Set(['id', 'title', 'text', 'status', 'severity', 'count', 'time', 'url']);
const PLACEHOLDER = /\{([a-zA-Z]+)\}/g;

/** Filled once, from left to right: what a value brings is never read as a placeholder. */
export function fillPlaceholders(
  template: string,
  message: Message,
  own: Values = {},
  write: (value: string) => string = (value) => value,
): string {
  const values: Values = { ...messageValues(message), ...own };
  return template.replace(PLACEHOLDER, (whole, name: string) => (Object.hasOwn(values, name) ? write(values[name] ?? '') : whole));
}

/** Which names in a template are none. `own`: those that a channel knows beside the message's. */
export function unknownPlaceholders(template: string, own: readonly string[] = []): string[] {
  return [...template.matchAll(PLACEHOLDER)].map((match) => match[1] ?? '').filter((name) => !NAMES.has(name) && !own.includes(name));
}

/** For zod's `superRefine`. */
export function placeholderProblem(template: string, context: z.RefinementCtx): void {
  const unknown = unknownPlaceholders(template);
  if (unknown.length > 0) context.addIssue({ code: 'custom', message: `Not known: ${unknown.map((name) => `{${name}}`).join(', ')}.` });
}

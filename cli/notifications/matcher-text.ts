import { SmartantError } from '@smartant/kernel';
import type { Schema } from '@smartant/contracts/openapi';

type Matcher = Schema<'AlertSilenceInput'>['matchers'][number];

/** `severity=critical`, `name!=Stall`, `team=~"ops|db"`, `host!~web.*`. Raises CLI_USAGE. */
export function readMatcher(text: string): Matcher {
  const [, label = '', operator = '', rest = ''] = /^([^=!~]+)(=~|!~|!=|=)([\s\S]*)$/.exec(text) ?? [];
  if (label.trim() === '') throw usage(`"${text}" is not LABEL=VALUE.`);
  return { label: label.trim(), operator: operator as Matcher['operator'], value: unquoted(rest) };
}

/** Labels of an alert: `severity=critical`. Raises CLI_USAGE. */
export function readLabels(texts: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    texts.map((text) => {
      const at = text.indexOf('=');
      if (at < 1) throw usage(`"${text}" is not LABEL=VALUE.`);
      return [text.slice(0, at), unquoted(text.slice(at + 1))];
    }),
  );
}

export function matcherText({ label, operator, value }: { label: string; operator: string; value: string }): string {
  return `${label}${operator}${JSON.stringify(value)}`;
}

/** As Alertmanager's tools write it. */
function unquoted(text: string): string {
  if (!/^".*"$/s.test(text)) return text;
  try {
    return JSON.parse(text) as string;
  } catch {
    return text.slice(1, -1);
  }
}

function usage(message: string): SmartantError {
  return new SmartantError('CLI_USAGE', message, { kind: 'invalid', hint: 'Write severity=critical, name!=Stall, or team=~"ops|db".' });
}

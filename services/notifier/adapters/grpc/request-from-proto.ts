import { SmartantError } from '@smartant/kernel';
import type { Matcher, Operator } from '../../domain/routing/matcher';

/** An RFC 3339 time; now when empty. Raises NOTIFY_TIME_INVALID. */
export function timeOf(text: string, field: string): Date {
  if (text === '') return new Date();
  const date = new Date(text);
  if (!Number.isNaN(date.getTime())) return date;
  throw new SmartantError('NOTIFY_TIME_INVALID', `${field} is no time.`, {
    kind: 'invalid',
    hint: 'Write times as 2026-11-30T08:00:00Z.',
    fields: [{ field, message: 'expected a time such as 2026-11-30T08:00:00Z' }],
  });
}

/** Checked by the use case: an operator may still be none. */
export const matchersOf = (matchers: readonly { label: string; operator: string; value: string }[]): Matcher[] =>
  matchers.map(({ label, operator, value }) => ({ label, operator: operator as Operator, value }));

import type { FieldError } from '@smartant/kernel';

const MESSAGE = 'must be whole Unicode characters, without NUL';

/**
 * Texts that JSON can carry and PostgreSQL cannot hold: NUL, and halves of surrogate pairs. Kept in a JSON column, one such text fails every
 * later statement that looks into the column, of whomever. Call it with what a schema has accepted: its depth is bounded.
 */
export function unstorableTexts(value: unknown, field = ''): FieldError[] {
  if (typeof value === 'string') return value.includes('\u0000') || !value.isWellFormed() ? [{ field, message: MESSAGE }] : [];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) => unstorableTexts(inner, field === '' ? name : `${field}.${name}`));
}

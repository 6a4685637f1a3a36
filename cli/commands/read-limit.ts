import { SmartantError } from '@smartant/kernel';

/** A whole number of at least 1. Raises CLI_USAGE. */
export function readLimit(text: string): number {
  const limit = Number(text);
  if (Number.isInteger(limit) && limit >= 1) return limit;
  throw new SmartantError('CLI_USAGE', '--limit takes a whole number of at least 1.', { kind: 'invalid' });
}

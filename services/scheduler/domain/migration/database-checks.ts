import { fieldChecks } from './field-checks';

/** https://www.postgresql.org/docs/18/sql-syntax-lexical.html: longer names would be cut, and mean another thing. */
const LONGEST_NAME_BYTES = 63;
export const NAME_EXPECTED = `expected a name of 1 to ${LONGEST_NAME_BYTES} bytes`;

export const { check, problem } = fieldChecks('spec.database');

export function isTable(text: string): boolean {
  const at = text.indexOf('.');
  return isText(text) && at > 0 && at < text.length - 1;
}

export function isName(text: string): boolean {
  return isText(text) && Buffer.byteLength(text) <= LONGEST_NAME_BYTES;
}

export function isText(text: string): boolean {
  return text.trim() !== '' && !text.includes('\0');
}

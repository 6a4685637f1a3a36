import { createHash } from 'node:crypto';
import { canonicalJson } from '@smartant/proof';

/** Of `before` and of `after`: a specification may name a hundred thousand keys, which nobody reads in a trail. */
const MOST_BYTES = 16 * 1024;
/** Of any other text of an entry; of those that are looked for less, since an index takes no more. */
const LONGEST_TEXT = 1_000;
const LONGEST_KEY = 200;

/** A text as every reader can take it: PostgreSQL refuses U+0000 in text, and canonical JSON has no lone surrogates. */
export function plainText(text: string): string {
  return text.slice(0, LONGEST_TEXT).toWellFormed().replaceAll('\u0000', '\ufffd');
}

/** The same for what entries are looked for by. */
export function plainKey(text: string): string {
  return plainText(text.slice(0, LONGEST_KEY));
}

/** A detail with plain texts only. One that is too large is replaced by its size and its digest. */
export function plainDetail(detail: Record<string, unknown> | null): Record<string, unknown> | null {
  if (detail === null) return null;
  const plain = plainValue(detail) as Record<string, unknown>;
  const json = canonicalJson(plain);
  const bytes = Buffer.byteLength(json);
  if (bytes <= MOST_BYTES) return plain;
  return { tooLarge: true, bytes, sha256: createHash('sha256').update(json).digest('hex') };
}

function plainValue(value: unknown): unknown {
  if (typeof value === 'string') return value.toWellFormed().replaceAll('\u0000', '\ufffd');
  if (Array.isArray(value)) return value.map(plainValue);
  if (value === null || typeof value !== 'object') return value ?? null;
  const entries = Object.entries(value).filter(([, field]) => field !== undefined);
  return Object.fromEntries(entries.map(([name, field]) => [plainValue(name), plainValue(field)]));
}

import { z } from 'zod';
import type { DsseEnvelope } from '../report/dsse';
import type { SealedEntry } from './audit-entry';
import { isAuditEnvelope } from './audit-statement';
import { canonicalJson } from './canonical-json';

/** The first line of an export. */
export const AUDIT_FORMAT = 'smartant-audit/1';

/** One line of an export (NDJSON): the header, then of each chain its anchor, entries and checkpoints in order, and at last the end. */
export type AuditRecord =
  { kind: 'header'; format: typeof AUDIT_FORMAT } | ({ kind: 'entry' } & SealedEntry) | { kind: 'statement'; envelope: DsseEnvelope };

const hash = z.string().regex(/^[0-9a-f]{64}$/);
const entrySchema = z.looseObject({ v: z.literal(1), id: z.string(), chain: z.string(), seq: z.number().int().positive() });
const recordSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('header'), format: z.literal(AUDIT_FORMAT) }),
  z.strictObject({ kind: z.literal('entry'), entry: entrySchema, previousHash: hash, hash }),
  z.strictObject({ kind: z.literal('statement'), envelope: z.unknown().refine(isAuditEnvelope) }),
]);

/** A record as a line, without its end. */
export function auditLine(record: AuditRecord): string {
  return canonicalJson(record);
}

/**
 * A line of an export; null for one that we did not write. It must be the canonical text of what it says: of two fields with one name a
 * reader would see one and another reader the other.
 */
export function parseAuditLine(line: string): AuditRecord | null {
  try {
    const value: unknown = JSON.parse(line);
    const parsed = recordSchema.safeParse(value);
    return parsed.success && canonicalJson(value) === line ? (value as AuditRecord) : null;
  } catch {
    return null;
  }
}

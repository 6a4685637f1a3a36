import { SmartantError } from '@smartant/kernel';
import { z } from 'zod';
import { isSignedBy, signEnvelope, type DsseEnvelope } from '../report/dsse';
import { keyIdOf } from '../report/report-key';
import type { ChainHead } from './audit-entry';
import { canonicalJson } from './canonical-json';

/** The DSSE payload type of statements about the audit trail. */
export const AUDIT_PAYLOAD_TYPE = 'application/vnd.smartant.audit+json';

/**
 * What the platform signs about its audit trail.
 * - `checkpoint`: the chain ended there at that time; whoever keeps it notices a chain that is rewritten later
 * - `anchor`: what is up to there was removed because it was older than it had to be kept; the next entry follows that hash
 * - `export`: the end of an export, so that one that is cut off is noticed
 */
export interface AuditStatement {
  type: 'checkpoint' | 'anchor' | 'export';
  at: string;
  /** The chain that it speaks of; null: all chains of the platform, also those that it does not name. */
  scope: string | null;
  heads: ChainHead[];
}

/** One text for the same bytes: decoders overlook other ones. */
const base64 = z.string().refine((text) => Buffer.from(text, 'base64').toString('base64') === text);

const envelopeSchema = z.object({
  payloadType: z.literal(AUDIT_PAYLOAD_TYPE),
  payload: base64,
  signatures: z.array(z.object({ keyid: z.string(), sig: base64 })).min(1),
});

const statementSchema = z.object({
  type: z.enum(['checkpoint', 'anchor', 'export']),
  at: z.string(),
  scope: z.string().nullable(),
  heads: z.array(z.object({ chain: z.string(), seq: z.number().int().nonnegative(), hash: z.string().regex(/^[0-9a-f]{64}$/) })),
});

/** Signs a statement with Ed25519. Raises PROOF_KEY_UNREADABLE. */
export function signAuditStatement(statement: AuditStatement, privateKeyPem: string, keyId: string): DsseEnvelope {
  return signEnvelope(AUDIT_PAYLOAD_TYPE, Buffer.from(canonicalJson(statement), 'utf8'), privateKeyPem, keyId);
}

/** Whether this is a signed statement at all; by whom is asked by `readAuditStatement`. */
export function isAuditEnvelope(value: unknown): value is DsseEnvelope {
  return envelopeSchema.safeParse(value).success;
}

/** What was signed, when one of these keys signed it. Raises PROOF_AUDIT_UNTRUSTED and PROOF_KEY_UNREADABLE. */
export function readAuditStatement(envelope: unknown, publicKeyPems: readonly string[]): AuditStatement {
  const parsed = envelopeSchema.safeParse(envelope);
  if (!parsed.success) throw untrusted('it is not a signed statement about an audit trail');
  if (!publicKeyPems.some((pem) => names(parsed.data, pem) && isSignedBy(parsed.data, pem))) {
    const signers = parsed.data.signatures.map(({ keyid }) => keyid).join(', ');
    throw untrusted(`none of the keys that you trust signed it (it names the key ${signers})`);
  }
  const statement = statementSchema.safeParse(jsonOf(parsed.data.payload));
  if (statement.success) return statement.data;
  throw untrusted('this version does not know what it states');
}

function names({ signatures }: DsseEnvelope, publicKeyPem: string): boolean {
  const keyId = keyIdOf(publicKeyPem);
  return signatures.some(({ keyid }) => keyid === keyId);
}

function jsonOf(base64: string): unknown {
  try {
    return JSON.parse(Buffer.from(base64, 'base64').toString('utf8'));
  } catch {
    return undefined;
  }
}

function untrusted(why: string): SmartantError {
  return new SmartantError('PROOF_AUDIT_UNTRUSTED', `A statement about the audit trail cannot be relied on: ${why}.`, {
    kind: 'invalid',
    hint: 'Give the public key with --key ("smartant keys list -o json" prints all of them, retired ones too), and the file as it was written.',
  });
}

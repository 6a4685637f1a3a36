import { SmartantError } from '@smartant/kernel';
import { z } from 'zod';
import { isSignedBy, type DsseEnvelope } from './dsse';
import {
  findContradictions,
  IN_TOTO_PAYLOAD_TYPE,
  IN_TOTO_STATEMENT_TYPE,
  REPORT_PREDICATE_TYPE,
  type ReportStatement,
} from './migration-report';
import { keyIdOf } from './report-key';

const base64 = z.string().regex(/^[A-Za-z0-9+/]*={0,2}$/);
const envelopeSchema = z.object({
  payloadType: z.string(),
  payload: base64,
  signatures: z.array(z.object({ keyid: z.string().default(''), sig: base64 })).min(1),
});

const count = z.number().int().nonnegative();
const sideSchema = z.looseObject({ objects: count, bytes: count, root: z.string().regex(/^[0-9a-f]{64}$/) });
// What the verdict rests on. The rest is carried as it was signed, so that a newer report can say more.
const statementSchema = z.looseObject({
  _type: z.literal(IN_TOTO_STATEMENT_TYPE),
  subject: z.array(z.object({ name: z.string(), digest: z.record(z.string(), z.string()) })).min(1),
  predicateType: z.literal(REPORT_PREDICATE_TYPE),
  predicate: z.looseObject({
    migration: z.looseObject({ id: z.string(), name: z.string() }),
    source: z.looseObject({ description: z.string() }),
    target: z.looseObject({ description: z.string() }),
    verification: z.looseObject({
      level: z.enum(['content', 'checksum', 'inventory', 'counts']),
      equal: z.boolean(),
      sourceFrozen: z.boolean(),
      asOf: z.string(),
      source: sideSchema,
      target: sideSchema,
      differenceCount: count,
      waivedCount: count,
      differences: z.array(z.looseObject({ key: z.string(), kind: z.string() })),
    }),
    issuedAt: z.string(),
  }),
});

/**
 * Checks a report offline against one pinned key, and answers with what it states. Raises PROOF_ENVELOPE_MALFORMED,
 * PROOF_PAYLOAD_TYPE_UNKNOWN, PROOF_KEY_UNKNOWN (signed by another key), PROOF_SIGNATURE_INVALID (changed after it was
 * signed), PROOF_PREDICATE_UNKNOWN, PROOF_REPORT_CONTRADICTORY, PROOF_KEY_UNREADABLE.
 */
export function verifyReport(envelope: unknown, publicKeyPem: string): { statement: ReportStatement; keyId: string } {
  const keyId = keyIdOf(publicKeyPem);
  const parsed = envelopeSchema.safeParse(envelope);
  if (!parsed.success) throw malformed('it is not a DSSE envelope', parsed.error);
  assertSigned(parsed.data, publicKeyPem, keyId);
  const statement = readStatement(parsed.data);
  const contradictions = findContradictions(statement);
  if (contradictions.length > 0) {
    throw new SmartantError('PROOF_REPORT_CONTRADICTORY', `The report contradicts itself: ${contradictions.join('; ')}.`, {
      kind: 'invalid',
      hint: 'Do not rely on it. Verify the migration again and report this.',
    });
  }
  return { statement, keyId };
}

function assertSigned(envelope: DsseEnvelope, publicKeyPem: string, keyId: string): void {
  if (envelope.payloadType !== IN_TOTO_PAYLOAD_TYPE) {
    throw new SmartantError('PROOF_PAYLOAD_TYPE_UNKNOWN', `The envelope holds "${envelope.payloadType}", not an in-toto statement.`, {
      kind: 'invalid',
      hint: 'Give the file as "smartant report show -o json" wrote it.',
    });
  }
  if (isSignedBy(envelope, publicKeyPem)) return;
  if (envelope.signatures.some((signature) => signature.keyid === keyId)) {
    throw new SmartantError('PROOF_SIGNATURE_INVALID', 'The signature does not fit the report: it was changed after it was signed.', {
      kind: 'invalid',
      hint: 'Get the report again from where it was issued.',
    });
  }
  throw new SmartantError('PROOF_KEY_UNKNOWN', 'The report was signed by another key than the one you trust.', {
    kind: 'invalid',
    hint: 'Compare the key ids with those shown when SmartAnt was installed ("smartant keys list"), also retired ones.',
    details: { trusted: keyId, signedBy: envelope.signatures.map((signature) => signature.keyid).join(', ') },
  });
}

function readStatement(envelope: DsseEnvelope): ReportStatement {
  let json: unknown;
  try {
    json = JSON.parse(Buffer.from(envelope.payload, 'base64').toString('utf8'));
  } catch (cause) {
    throw malformed('its payload is not JSON', cause);
  }
  const predicateType = (json as { predicateType?: unknown } | null)?.predicateType;
  if (predicateType !== REPORT_PREDICATE_TYPE) {
    throw new SmartantError(
      'PROOF_PREDICATE_UNKNOWN',
      `The statement is of type "${String(predicateType)}", which this version does not know.`,
      {
        kind: 'invalid',
        hint: `This version reads ${REPORT_PREDICATE_TYPE}. Use the version of smartant that issued the report, or a newer one.`,
      },
    );
  }
  const parsed = statementSchema.safeParse(json);
  if (!parsed.success) throw malformed('its statement lacks what a report must say', parsed.error);
  return parsed.data as unknown as ReportStatement;
}

function malformed(detail: string, cause: unknown): SmartantError {
  return new SmartantError('PROOF_ENVELOPE_MALFORMED', `The report cannot be read: ${detail}.`, {
    kind: 'invalid',
    hint: 'Give the file as "smartant report show -o json" wrote it.',
    fields: cause instanceof z.ZodError ? cause.issues.map((issue) => ({ field: issue.path.join('.'), message: issue.message })) : [],
    cause,
  });
}

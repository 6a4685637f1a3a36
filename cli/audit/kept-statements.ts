import { SmartantError } from '@smartant/kernel';
import { isAuditEnvelope, parseAuditLine, readAuditStatement, type AuditStatement } from '@smartant/proof';
import { linesOfFile } from './read-lines';

/**
 * What somebody kept from earlier: the signed statements of an earlier export, or envelopes as they were on the event bus, one a line. Raises
 * CLI_FILE_UNREADABLE, CLI_USAGE for a file without a statement, and PROOF_AUDIT_UNTRUSTED.
 */
export async function readKeptStatements(paths: readonly string[], keys: readonly string[]): Promise<AuditStatement[]> {
  const kept: AuditStatement[] = [];
  for (const path of paths) {
    const before = kept.length;
    for await (const line of linesOfFile(path)) {
      const envelope = envelopeOf(line);
      if (envelope !== undefined) kept.push(readAuditStatement(envelope, keys));
    }
    if (kept.length === before) throw nothingKept(path);
  }
  return kept;
}

function envelopeOf(line: string): unknown {
  const record = parseAuditLine(line);
  if (record) return record.kind === 'statement' ? record.envelope : undefined;
  try {
    const value: unknown = JSON.parse(line);
    return isAuditEnvelope(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function nothingKept(path: string): SmartantError {
  return new SmartantError('CLI_USAGE', `${path} holds no signed statement about an audit trail.`, {
    kind: 'invalid',
    hint: 'Give an earlier export of "smartant audit export", or checkpoints from the event bus, one envelope a line.',
  });
}

import { signEnvelope, type DsseEnvelope } from './dsse';
import { IN_TOTO_PAYLOAD_TYPE, type ReportStatement } from './migration-report';

/** Signs a report's statement: a DSSE envelope, ready to be stored and sent as JSON. Raises PROOF_KEY_UNREADABLE. */
export function signReport(statement: ReportStatement, privateKeyPem: string, keyId: string): DsseEnvelope {
  return signEnvelope(IN_TOTO_PAYLOAD_TYPE, Buffer.from(JSON.stringify(statement), 'utf8'), privateKeyPem, keyId);
}

import { signAuditStatement } from '@smartant/proof';
import type { SignStatement } from '../../application/ports/audit-trail';
import type { ReportIssuer } from '../../application/report/report-issuer';

/** Statements about the audit trail are signed with the key of reports: whoever pinned that one needs no other. */
export function auditSigner(keys: Pick<ReportIssuer, 'openCurrent'>): SignStatement {
  return async (statement) => {
    const { key, privateKeyPem } = await keys.openCurrent();
    return signAuditStatement(statement, privateKeyPem, key.keyId);
  };
}

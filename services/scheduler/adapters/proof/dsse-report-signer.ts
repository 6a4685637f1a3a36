import { buildReportStatement, createReportKey, signReport } from '@smartant/proof';
import type { ReportSigner } from '../../application/ports/report-signer';

/** Reports as in-toto statements in DSSE envelopes, signed with Ed25519. */
export const dsseReportSigner: ReportSigner = {
  createKey: createReportKey,
  sign: (report, privateKeyPem, keyId) => signReport(buildReportStatement(report), privateKeyPem, keyId),
};

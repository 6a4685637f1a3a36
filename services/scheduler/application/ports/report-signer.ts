import type { DsseEnvelope, MigrationReport, ReportKey } from '@smartant/proof';

/** Makes and signs reports. Pure computation. */
export interface ReportSigner {
  createKey(): ReportKey;
  /** An in-toto statement over the report in a signed DSSE envelope. */
  sign(report: MigrationReport, privateKeyPem: string, keyId: string): DsseEnvelope;
}

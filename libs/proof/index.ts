export { BUCKET_COUNT, BucketDigests, bucketOf } from './bucket-digests';
export { InventoryDigest } from './inventory-digest';
export { keptDifferences } from './kept-differences';
export { LtHash } from './lt-hash';
export { merkleLeaf, merkleRoot } from './merkle-root';
export { flattenProperties, leafDigest, leafEncoding, type Leaf, type LeafEvidence, type NestedProperties } from './object-leaf';
export { isSignedBy, preAuthenticationEncoding, signEnvelope, type DsseEnvelope } from './report/dsse';
export {
  buildReportStatement,
  findContradictions,
  IN_TOTO_PAYLOAD_TYPE,
  IN_TOTO_STATEMENT_TYPE,
  judgeReport,
  REPORT_PREDICATE_TYPE,
  ROOT_DIGEST_NAME,
  type MigrationReport,
  type ReportedDatabase,
  type ReportedVerification,
  type ReportStatement,
} from './report/migration-report';
export { createReportKey, keyIdOf, type ReportKey } from './report/report-key';
export { signReport } from './report/sign-report';
export { verifyReport } from './report/verify-report';
export { auditHash, GENESIS_HASH, PLATFORM_CHAIN, sealEntry, type AuditEntry, type ChainHead, type SealedEntry } from './audit/audit-entry';
export { AUDIT_FORMAT, auditLine, parseAuditLine, type AuditRecord } from './audit/audit-record';
export { isAuditEnvelope, readAuditStatement, signAuditStatement, type AuditStatement } from './audit/audit-statement';
export type { AuditDifference, AuditDifferenceKind, AuditVerdict } from './audit/audit-verdict';
export { canonicalJson } from './audit/canonical-json';
export { AuditVerifier } from './audit/verify-audit';

export { BUCKET_COUNT, BucketDigests, bucketOf } from './bucket-digests';
export { InventoryDigest } from './inventory-digest';
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
  type ReportedVerification,
  type ReportStatement,
} from './report/migration-report';
export { createReportKey, keyIdOf, type ReportKey } from './report/report-key';
export { signReport } from './report/sign-report';
export { verifyReport } from './report/verify-report';

import { keptDifferences } from '@smartant/proof';

export interface HostDifference {
  /** An absolute path of the source; bytes that are not UTF-8 are written as "\xNN". */
  key: string;
  kind: 'missing-at-target' | 'extra-at-target' | 'content' | 'metadata';
  detail: string;
  waived: boolean;
}

export interface HostVerification {
  level: 'content' | 'metadata';
  equal: boolean;
  sourceFiles: number;
  sourceBytes: number;
  targetFiles: number;
  targetBytes: number;
  /** Hex Merkle roots over the bucket digests of each side. */
  sourceRoot: string;
  targetRoot: string;
  bucketCount: number;
  /** A bounded sample; all are counted. */
  differences: HostDifference[];
  differenceCount: number;
  waivedCount: number;
}

/** A verification as a run keeps it. */
export interface KeptVerification extends HostVerification {
  /** RFC 3339. */
  asOf: string;
}

/** With a bounded sample: differences that nobody has waived come first. */
export function keepVerification(verification: HostVerification, asOf: string): KeptVerification {
  return { ...verification, differences: keptDifferences(verification.differences), asOf };
}

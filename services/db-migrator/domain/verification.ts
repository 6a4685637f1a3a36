import { keptDifferences } from '@smartant/proof';

export interface DatabaseDifference {
  /** "schema.table" with the key of a row, a sequence's or an object's name. */
  key: string;
  kind: 'missing-at-target' | 'extra-at-target' | 'content' | 'sequence' | 'definition';
  detail: string;
  waived: boolean;
}

/** What one table came to at both sides, for whoever computes it again. */
export interface ComparedTable {
  /** "schema.table" at the source. */
  name: string;
  form: 'binary' | 'text' | 'count' | 'large-object';
  sourceRows: number;
  targetRows: number;
  /** Sums of the rows' hashes as whole numbers. */
  sourceSum: string;
  targetSum: string;
}

export interface DatabaseVerification {
  level: 'content' | 'counts';
  equal: boolean;
  tables: number;
  sourceRows: number;
  sourceBytes: number;
  targetRows: number;
  targetBytes: number;
  sequences: number;
  objects: number;
  /** Hex Merkle roots over the bucket digests of each side. */
  sourceRoot: string;
  targetRoot: string;
  bucketCount: number;
  frozenPosition: string;
  /** The key of the rows' hashes; empty: rows were only counted, or nothing was proved. */
  seed: string;
  /** `back`: of a rollback, at the frozen position of the target. */
  direction: 'forth' | 'back';
  /** By name, at most 5,000: the roots are over all of them. */
  digests: ComparedTable[];
  /** A bounded sample; all are counted. */
  differences: DatabaseDifference[];
  differenceCount: number;
  waivedCount: number;
}

/** A verification as a run keeps it. */
export interface KeptVerification extends DatabaseVerification {
  /** RFC 3339. */
  asOf: string;
}

/** With a bounded sample: differences that nobody has waived come first. */
export function keepVerification(verification: DatabaseVerification, asOf: string): KeptVerification {
  return { ...verification, differences: keptDifferences(verification.differences), asOf };
}

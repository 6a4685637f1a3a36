export interface DatabaseDifference {
  /** "schema.table" with the key of a row, a sequence's or an object's name. */
  key: string;
  kind: 'missing-at-target' | 'extra-at-target' | 'content' | 'sequence' | 'definition';
  detail: string;
  waived: boolean;
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
  /** A bounded sample; all are counted. */
  differences: DatabaseDifference[];
  differenceCount: number;
  waivedCount: number;
}

/** Differences that are kept of a verification. */
const SAMPLE = 100;

/** A verification as a run keeps it. */
export interface KeptVerification extends DatabaseVerification {
  /** RFC 3339. */
  asOf: string;
}

/** With a bounded sample: differences that nobody has waived come first. */
export function keepVerification(verification: DatabaseVerification, asOf: string): KeptVerification {
  const { differences } = verification;
  const ordered = [...differences.filter(({ waived }) => !waived), ...differences.filter(({ waived }) => waived)];
  return { ...verification, differences: ordered.slice(0, SAMPLE), asOf };
}

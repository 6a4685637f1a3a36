/**
 * - `unreadable`: a line that no export has, or has not like this
 * - `changed`: the hash of an entry is not that of what it says
 * - `missing`: entries of a chain are not there
 * - `misplaced`: an entry stands where an earlier or later one belongs
 * - `unlinked`: an entry does not follow the one before it
 * - `begins-late`: nothing that is signed says why a chain does not begin with its first entry
 * - `cut-off`: a chain ends before a signed statement says that it did
 * - `rewritten`: an entry is another one than a signed statement says
 * - `unsigned`: entries that the signed end of the export does not cover
 * - `untrusted`: a statement was not signed by a key that is trusted
 * - `unclosed`: the signed end of the export is missing or is not the last line
 */
export type AuditDifferenceKind =
  | 'unreadable'
  | 'changed'
  | 'missing'
  | 'misplaced'
  | 'unlinked'
  | 'begins-late'
  | 'cut-off'
  | 'rewritten'
  | 'unsigned'
  | 'untrusted'
  | 'unclosed';

export interface AuditDifference {
  kind: AuditDifferenceKind;
  /** From 1; null for what concerns no line. */
  line: number | null;
  chain: string | null;
  seq: number | null;
}

export interface AuditVerdict {
  whole: boolean;
  entries: number;
  chains: { chain: string; firstSeq: number; lastSeq: number; hash: string }[];
  /** Signed statements that were checked and hold, kept ones too. */
  statements: number;
  /** When the export was made, as it is signed; null where its end is missing. */
  exportedAt: string | null;
  differenceCount: number;
  /** The first hundred. */
  differences: AuditDifference[];
}

export interface StreamState {
  /** Positions in the source's own notation ("0/16B3748"). */
  appliedPosition: string;
  sourcePosition: string;
  lagBytes: number;
  /** Age of the oldest change that is not applied yet; milliseconds. */
  lagMs: number;
  /** Log kept at the source for the migration. */
  retainedBytes: number;
  /** When its disk is full at this rate (RFC 3339); null: not in sight. */
  fullAt: string | null;
  /** Tables that are copied meanwhile, and whose changes wait for it. */
  syncingTables: number;
  /** Comparisons beside it wait, so that it catches up before too much log is kept. */
  comparisonsWait: boolean;
  /** Definitions that differ between both ends, when they were last looked at; the first few in words. */
  definitionDifferenceCount: number;
  definitionDifferences: string[];
}

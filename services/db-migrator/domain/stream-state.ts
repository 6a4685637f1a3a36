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
}

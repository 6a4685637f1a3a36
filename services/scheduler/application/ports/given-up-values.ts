/** What became of the values of lost keys. */
export interface GivenUp {
  /** How many values of each area were given up. */
  areas: { name: string; values: number }[];
  /** Endpoints that need a new secret now. */
  endpoints: { id: string; name: string; workspaceId: string }[];
}

/** Sealed values whose key is lost: taken out of use, and kept as they were in case the key turns up. */
export interface GivenUpStore {
  /**
   * Gives up what is sealed under these keys. Endpoints are marked; the current report key and keys of access tokens are retired, the
   * vault's own secrets removed: a start makes new ones. Values that somebody replaces meanwhile stay.
   */
  giveUp(keyIds: readonly string[]): Promise<GivenUp>;
  /** The keys that something given up was sealed under. */
  keyIds(): Promise<string[]>;
  /** Puts back what was given up under these keys and was not replaced since; resolves with how many values. */
  putBack(keyIds: readonly string[]): Promise<number>;
}

/** One sealed value of the database. */
export interface SealedValue {
  /** Names it among the values of its area. */
  id: string;
  /** Under which it was sealed: see `Vault`. */
  context: string;
  sealed: string;
}

/**
 * An area of the database that holds sealed values: usually a column of a table. All of them are listed in one registry, and what is not
 * there is not rotated, so its key cannot be taken away.
 */
export interface SealedValues {
  /** For people: `endpoint secrets`. Never changed: a rotation remembers how far it is by this name. */
  readonly name: string;
  /** In the order of their ids, after `afterId`. */
  page(afterId: string | null, limit: number): Promise<SealedValue[]>;
  /** Compare and swap: false, and nothing changed, when the value is not `before` any more. Whoever changed it meanwhile wins. */
  replace(id: string, before: string, after: string): Promise<boolean>;
  countByKey(): Promise<KeyCount[]>;
}

/** How many values are sealed under data keys that this key wraps. */
export interface KeyCount {
  keyId: string;
  values: number;
}

/** A data key as a key-wrapping key has wrapped it. */
export interface WrappedKey {
  /** Of the key that wrapped it. Letters, digits and `:/_-` only: it is a field of the sealed text. */
  keyId: string;
  wrapped: Buffer;
}

/**
 * Holds the keys that wrap data keys: master keys of ours, or a key in a key management service, which never leaves it. All versions that
 * something may still be sealed under are held at once, so that one can follow another while everything runs.
 *
 * `context` is bound to what is wrapped: under another one it does not open. Raises VAULT_KEY_MISMATCH for a key that is not held,
 * VAULT_CORRUPT for what was changed or belongs elsewhere, and VAULT_KMS_* where a service holds the keys.
 */
export interface KeyWrapper {
  /** The key that data keys are wrapped under now. May be another one from one call to the next, when an operator changed it. */
  currentKeyId(): Promise<string>;
  /** All keys that are held, the current one too. */
  keyIds(): Promise<string[]>;
  /** Whether this key is held. Looks again where keys come from before it says no. */
  opens(keyId: string): Promise<boolean>;
  wrap(context: string, dataKey: Buffer): Promise<WrappedKey>;
  /** The data key; the caller zeroes it. */
  unwrap(keyId: string, context: string, wrapped: Buffer): Promise<Buffer>;
  /** The same data key under the current key without its leaving the service. Absent: unwrapped here and wrapped again. */
  rewrap?(keyId: string, context: string, wrapped: Buffer): Promise<WrappedKey>;
  /** What a service last failed with; null when it answered the last time. Absent: nothing that can fail stands behind it. */
  problem?(): KeyProblem | null;
}

export interface KeyProblem {
  code: string;
  message: string;
}

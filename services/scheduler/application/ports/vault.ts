import type { KeyProblem } from './key-wrapper';

/**
 * Seals secrets for storage. A sealed value opens only under the context it was sealed in (for an endpoint: its
 * workspace and its id), so a row copied to another tenant's endpoint is useless.
 */
export interface Vault {
  /** Ciphertext as text, safe to store. Sealing the same plaintext twice gives different texts. The caller zeroes the plaintext. */
  seal(context: string, plaintext: Buffer): Promise<string>;
  /**
   * The plaintext; the caller zeroes it after use. Raises VAULT_KEY_MISMATCH (sealed under a key that is not held), VAULT_CORRUPT (changed,
   * or another context) and VAULT_KMS_*.
   */
  open(context: string, sealed: string): Promise<Buffer>;
  /** A keyed digest (hex) of secret content, to tell whether a repeated request carries the same one. */
  fingerprint(context: string, data: Buffer): string;
}

/** What rotation needs of a vault: the two layers of keys under which values are sealed. */
export interface VaultKeys {
  currentKeyId(): Promise<string>;
  /** All keys that values can be opened with, the current one too. */
  keyIds(): Promise<string[]>;
  /** Looks again where keys come from before it says no. */
  opens(keyId: string): Promise<boolean>;
  /** The key that a sealed value's data key is wrapped under. Raises VAULT_CORRUPT. */
  keyIdOf(sealed: string): string;
  /** The same ciphertext, its data key wrapped under the current key. Raises what `Vault.open` does. */
  rewrap(context: string, sealed: string): Promise<string>;
  /** The same plaintext under a fresh data key, wrapped under the current key. Raises what `Vault.open` does. */
  reseal(context: string, sealed: string): Promise<string>;
  /** What the service that holds the keys last failed with; null when all is well. */
  problem(): KeyProblem | null;
  /** What the key of fingerprints is made from where none is stored yet. */
  fingerprintSeed(): Buffer;
  /** Fingerprints must outlive master keys, or a repeated request would look like another one after a rotation. Copies the key. */
  useFingerprintKey(key: Buffer): void;
}

export type KeyedVault = Vault & VaultKeys;

/** The context under which an endpoint's secret is sealed. */
export function endpointContext(workspaceId: string, endpointId: string): string {
  return `endpoint/${workspaceId}/${endpointId}`;
}

/** The context under which the private key of reports is sealed. */
export function reportKeyContext(keyId: string): string {
  return `report-key/${keyId}`;
}

/** The context under which a private key of access tokens is sealed. */
export function signingKeyContext(kid: string): string {
  return `signing-key/${kid}`;
}

/** The context under which one of the vault's own secrets is sealed. */
export function vaultSecretContext(name: string): string {
  return `vault/${name}`;
}

/**
 * Seals secrets for storage. A sealed value opens only under the context it was sealed in (for an endpoint: its
 * workspace and its id), so a row copied to another tenant's endpoint is useless.
 */
export interface Vault {
  /** Ciphertext as text, safe to store. Sealing the same plaintext twice gives different texts. */
  seal(context: string, plaintext: Buffer): Promise<string>;
  /** Raises VAULT_KEY_MISMATCH (sealed under another master key) and VAULT_CORRUPT (changed, or another context). */
  open(context: string, sealed: string): Promise<Buffer>;
  /** A keyed digest (hex) of secret content, to tell whether a repeated request carries the same one. */
  fingerprint(context: string, data: Buffer): string;
}

/** The context under which an endpoint's secret is sealed. */
export function endpointContext(workspaceId: string, endpointId: string): string {
  return `endpoint/${workspaceId}/${endpointId}`;
}

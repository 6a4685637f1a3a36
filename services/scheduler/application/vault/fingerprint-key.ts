import { vaultSecretContext, type KeyedVault } from '../ports/vault';

const NAME = 'fingerprint';

/** What the vault itself keeps, sealed. */
export interface VaultSecretStore {
  find(name: string): Promise<string | null>;
  /** Does nothing when there is one of this name. */
  insertFirst(name: string, sealed: string): Promise<void>;
}

/**
 * Stores the key of fingerprints at the first start, and uses the stored one ever after: a fingerprint made before a rotation has to equal
 * one made after it. Its seed is what fingerprints were keyed with before the key was stored. Raises what the vault raises.
 */
export async function prepareFingerprintKey(vault: KeyedVault, secrets: VaultSecretStore): Promise<void> {
  const context = vaultSecretContext(NAME);
  if ((await secrets.find(NAME)) === null) {
    const seed = vault.fingerprintSeed();
    await secrets.insertFirst(NAME, await vault.seal(context, seed));
    seed.fill(0);
  }
  const key = await vault.open(context, (await secrets.find(NAME))!);
  vault.useFingerprintKey(key);
  key.fill(0);
}

import { SmartantError } from '@smartant/kernel';
import type { SealedValues } from '../ports/sealed-values';
import type { VaultKeys } from '../ports/vault';
import { countValues, valuesByKey } from './count-values';

/**
 * Raises VAULT_KEY_MISMATCH, naming each key that is not held and how many values need it: better no start than migrations that fail one
 * by one later.
 */
export async function assertKeysHeld(vault: Pick<VaultKeys, 'opens'>, sealed: readonly SealedValues[]): Promise<void> {
  const missing: [string, number][] = [];
  for (const [keyId, values] of valuesByKey(await countValues(sealed))) {
    // A text that names no key is damaged: whoever uses that one value hears of it (VAULT_CORRUPT), and the rest goes on.
    if (keyId !== '' && !(await vault.opens(keyId))) missing.push([keyId, values]);
  }
  if (missing.length === 0) return;
  const list = missing.map(([keyId, values]) => `${values} under key ${keyId}`).join(', ');
  throw new SmartantError('VAULT_KEY_MISMATCH', `The database holds secrets that cannot be opened: ${list}.`, {
    kind: 'precondition',
    actor: 'operator',
    hint: 'Give these keys too: master keys in SMARTANT_MASTER_KEYS_EXTRA_FILE, or the key management service that holds them. Take a key away only when "smartant admin vault status" says that nothing needs it. If a key is lost for good, name it in SMARTANT_LOST_KEYS: a start then gives up what is sealed under it.',
    details: Object.fromEntries(missing.map(([keyId, values]) => [keyId, String(values)])),
  });
}

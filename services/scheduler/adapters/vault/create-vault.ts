import type { Logger } from '@smartant/platform/logging';
import type { KeyedVault } from '../../application/ports/vault';
import { AesVault } from './aes-vault';
import { KeyChain } from './key-chain';
import { LocalKeys } from './local/local-keys';
import { createTransitKeys } from './transit/create-transit-keys';
import { localMasterKeys, type VaultSettings } from './vault-settings';

/**
 * The vault as the settings describe it. Master keys are read from `env` again while it runs. Raises CONFIG_INVALID; a key management
 * service is asked only when something is sealed or opened.
 */
export function createVault(settings: VaultSettings, env: Record<string, string | undefined>, logger: Logger): KeyedVault {
  const wrapsHere = settings.SMARTANT_KMS === 'local';
  const local = new LocalKeys({
    read: () => localMasterKeys(env, wrapsHere),
    onUnreadable: (error) => logger.warn({ err: error }, 'the master keys cannot be read again; those that are held stay in use'),
  });
  settings.SMARTANT_MASTER_KEY?.fill(0);
  for (const key of settings.SMARTANT_MASTER_KEYS_EXTRA) key.fill(0);
  const seed = local.fingerprintSeed() ?? undefined;
  if (settings.SMARTANT_TRANSIT_ADDRESS === undefined) return new AesVault(local, seed);
  // Named before it wraps, and for as long as something is wrapped there: every replica opens what any other has sealed.
  const transit = createTransitKeys(settings);
  return new AesVault(wrapsHere ? new KeyChain(local, [transit]) : new KeyChain(transit, [local]), seed);
}

import type { Clock } from '@smartant/kernel';
import type { Logger } from '@smartant/platform/logging';
import type { Database } from '@smartant/platform/postgres';
import { sealedRegistry } from './adapters/postgres/vault/sealed-registry';
import { VaultSecretRows } from './adapters/postgres/vault/vault-secret-rows';
import type { UnitOfWork } from './application/ports/unit-of-work';
import type { KeyedVault } from './application/ports/vault';
import { assertKeysHeld } from './application/vault/assert-keys-held';
import { prepareFingerprintKey } from './application/vault/fingerprint-key';
import { giveUpLost } from './application/vault/give-up-lost';
import { RotationPass, type RotationPace } from './application/vault/rotation-pass';
import { Rotator } from './application/vault/rotator';
import { VaultService } from './application/vault/vault-service';

export interface VaultPartsOptions {
  vault: KeyedVault;
  database: Database;
  unitOfWork: UnitOfWork;
  logger: Logger;
  clock: Clock;
  rotation?: RotationSettings;
  /** Keys that are lost for good: what is sealed under them is given up. */
  lostKeys?: readonly string[];
}

/** How fast keys are rotated, and how long a replica that died holds that up. */
export interface RotationSettings {
  pace?: RotationPace;
  claimMs?: number;
  lookMs?: number;
}

export interface VaultParts {
  rotator: Rotator;
  service: VaultService;
  /** Every key that something is sealed under is there, and fingerprints have their stored key. Raises VAULT_*. */
  prepare(): Promise<void>;
}

/** What looks after the vault's keys. */
export function openVaultParts({
  vault,
  database,
  unitOfWork,
  logger,
  clock,
  rotation = {},
  lostKeys = [],
}: VaultPartsOptions): VaultParts {
  const { pace, ...settings } = rotation;
  const sealed = sealedRegistry(database);
  const pass = new RotationPass(vault, sealed, pace);
  const rotator = new Rotator({ unitOfWork, vault, pass, warn: (fields, message) => logger.warn(fields, message), ...settings });
  return {
    rotator,
    service: new VaultService({ unitOfWork, vault, sealed, clock, wakeRotator: () => rotator.wake() }),
    prepare: async () => {
      await giveUpLost({ vault, sealed, unitOfWork, lostKeys, warn: (fields, message) => logger.error(fields, message) });
      await assertKeysHeld(vault, sealed);
      await prepareFingerprintKey(vault, new VaultSecretRows(database));
    },
  };
}

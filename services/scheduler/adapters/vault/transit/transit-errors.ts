import { SmartantError } from '@smartant/kernel';

/** How long callers leave a service alone that does not answer. */
export const CIRCUIT_OPEN_MS = 5_000;

/** It may answer the next time: migrations wait and go on, and those that hold their secrets do not even notice. */
export function kmsUnavailable(reason: string, cause?: unknown): SmartantError {
  return new SmartantError('VAULT_KMS_UNAVAILABLE', `The key management service does not answer: ${reason}.`, {
    kind: 'unavailable',
    actor: 'operator',
    retry: { kind: 'after', delayMs: CIRCUIT_OPEN_MS },
    hint: 'It is tried again by itself. Look whether the service at SMARTANT_TRANSIT_ADDRESS runs, is unsealed and can be reached.',
    cause,
  });
}

/** Retried too: a token or a policy is mended outside of us. */
export function kmsDenied(what: string): SmartantError {
  return new SmartantError('VAULT_KMS_DENIED', `The key management service refuses us: ${what}.`, {
    kind: 'unavailable',
    actor: 'operator',
    hint: 'Check the token or the role, and that its policy allows encrypt, decrypt and rewrap with the key, and to read it.',
  });
}

export function kmsKeyUnusable(key: string, why: string): SmartantError {
  return new SmartantError('VAULT_KMS_KEY_UNUSABLE', `The key ${key} of the key management service cannot be used: ${why}.`, {
    kind: 'precondition',
    actor: 'operator',
    hint: 'Make it with "vault write transit/keys/NAME type=aes256-gcm96 derived=true", and name it in SMARTANT_TRANSIT_KEY.',
    details: { key },
  });
}

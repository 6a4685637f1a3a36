import { SmartantError } from '@smartant/kernel';

export function masterKeyInvalid(length: number, expected: number): SmartantError {
  return new SmartantError('VAULT_MASTER_KEY_INVALID', `The master key has ${length} bytes; it must have ${expected}.`, {
    kind: 'invalid',
    actor: 'operator',
    hint: 'Make one with `openssl rand -base64 32` and give it as SMARTANT_MASTER_KEY_FILE.',
  });
}

export function keyMismatch(keyId: string): SmartantError {
  return new SmartantError('VAULT_KEY_MISMATCH', `This secret was sealed under key ${keyId}, which is not held.`, {
    kind: 'precondition',
    actor: 'operator',
    hint: 'Give that key too: a master key in SMARTANT_MASTER_KEYS_EXTRA_FILE, or the key management service that holds it.',
    details: { keyId },
  });
}

export function corrupt(): SmartantError {
  return new SmartantError('VAULT_CORRUPT', 'A sealed secret cannot be opened: it was changed, or belongs elsewhere.', {
    kind: 'internal',
    actor: 'operator',
    hint: 'Enter the secret again. If the database was restored or edited by hand, look there first.',
  });
}

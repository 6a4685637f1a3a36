import { createPublicKey } from 'node:crypto';
import { SmartantError } from '@smartant/kernel';
import { z } from 'zod';
import type { TokenKeySource } from '../application/ports';
import type { TokenKey } from '../domain/gateway-credentials';

const jwks = z.object({
  keys: z
    .array(z.object({ kid: z.string().min(1), kty: z.literal('EC'), crv: z.literal('P-256'), x: z.string(), y: z.string() }))
    .min(1)
    .max(20),
});

/** `/.well-known/jwks.json` of the scheduler: keys that sign, that will sign, and that are still honoured. */
export class JwksSource implements TokenKeySource {
  constructor(private readonly url: string) {}

  async read(signal: AbortSignal): Promise<TokenKey[]> {
    try {
      const response = await fetch(this.url, { signal, redirect: 'error', headers: { accept: 'application/json' } });
      if (!response.ok) throw new Error(`it answered ${response.status}`);
      return jwks.parse(await response.json()).keys.map(({ kid, ...jwk }) => ({
        kid,
        algorithm: 'ES256',
        publicKeyPem: createPublicKey({ key: jwk, format: 'jwk' }).export({ type: 'spki', format: 'pem' }).toString(),
      }));
    } catch (error) {
      throw new SmartantError('GATEWAY_KEYS_UNREADABLE', `The keys of tokens could not be read from ${this.url}.`, {
        kind: 'unavailable',
        retry: { kind: 'backoff' },
        actor: 'operator',
        hint: 'Check that the scheduler answers there: SMARTANT_JWKS_URL. Those that were read before stay in force.',
        cause: error,
      });
    }
  }
}

import { z } from 'zod';
import { request, response, timestamp } from './named-schema';

export const signingKeyRotation = request(
  'RotateSigningKeyRequest',
  z.strictObject({
    atOnce: z
      .boolean()
      .default(false)
      .describe('For a key that has leaked: it is withdrawn now, and every access token has to be renewed.'),
  }),
);

const signingKey = response(
  'SigningKey',
  z.object({
    kid: z.string(),
    state: z.enum(['next', 'signing', 'old']),
    createdAt: timestamp(),
    activatesAt: timestamp(),
    retiresAt: timestamp().nullable().describe('Tokens that it signed are refused from then on.'),
  }),
);

export const signingKeys = response('SigningKeyList', z.object({ items: z.array(signingKey) }));

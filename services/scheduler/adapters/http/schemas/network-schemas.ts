import { createPrivateKey } from 'node:crypto';
import { isIPv6 } from 'node:net';
import { z } from 'zod';
import { certificateProblem } from './endpoint-location-rules';
import { plainText, request, response } from './named-schema';

const PEM_BYTES = 65_536;

const host = z
  .string()
  .max(253)
  .refine(
    (text) => isIPv6(text) || /^[A-Za-z0-9_](?:[A-Za-z0-9._-]*[A-Za-z0-9_.])?$/.test(text),
    'must be a host name or an address, without a port',
  );
const port = (otherwise: number) => z.number().int().min(1).max(65_535).default(otherwise);
const user = plainText(255).regex(/^[^:]*$/, 'must not contain ":"');

const hostKey = z
  .string()
  .regex(/^SHA256:[A-Za-z0-9+/]{43}$/, 'must be a fingerprint as ssh-keygen -l writes it: SHA256: and 43 characters');

export const wayInput = request(
  'WayInput',
  z.discriminatedUnion('kind', [
    z.strictObject({
      kind: z.literal('proxy'),
      host,
      port: port(3_128),
      tls: z.boolean().default(false).describe('TLS to the proxy itself.'),
      user: user.optional(),
    }),
    z.strictObject({ kind: z.literal('socks'), host, port: port(1_080), user: user.optional() }),
    z.strictObject({
      kind: z.literal('ssh'),
      host,
      port: port(22),
      user,
      hostKeys: z.array(hostKey).min(1).max(8).describe('Fingerprints of which the bastion must show one.'),
    }),
  ]),
);

export const tlsInput = request(
  'TlsChoiceInput',
  z.strictObject({
    serverName: host.optional().describe('The name that the certificate must carry, where it is not the address.'),
    minVersion: z.enum(['TLSv1.2', 'TLSv1.3']).optional(),
    certificateSha256: z
      .string()
      .transform((text) => text.replaceAll(':', '').toLowerCase())
      .pipe(z.string().regex(/^[0-9a-f]{64}$/, 'must be a SHA-256 in hexadecimal'))
      .optional()
      .describe('SHA-256 of the one certificate that is accepted, whatever its authority, names and dates.'),
  }),
);

/** A value is never repeated in what is said about it. */
const privateKey = z
  .string()
  .min(1)
  .max(PEM_BYTES)
  .regex(/-----BEGIN [A-Z ]*PRIVATE KEY-----/, 'must be a private key in OpenSSH or PEM form');
const plainKey = privateKey.refine(isUnlockedKey, 'must be a private key in PEM form without a passphrase');

export const networkSecretInput = request(
  'NetworkSecretInput',
  z.strictObject({
    ways: z
      .array(
        z.strictObject({
          password: z.string().min(1).max(1_024).optional(),
          privateKeyPem: privateKey.optional(),
          passphrase: z.string().min(1).max(1_024).optional(),
        }),
      )
      .optional()
      .describe('One for each step of location.via, in its order.'),
    clientCertificate: z
      .strictObject({
        certificatePem: z
          .string()
          .max(PEM_BYTES)
          .superRefine((value, context) => {
            const problem = certificateProblem(value);
            if (problem !== null) context.addIssue({ code: 'custom', message: problem });
          }),
        privateKeyPem: plainKey,
      })
      .optional()
      .describe('Shown to servers that ask for a client certificate.'),
  }),
);

export const way = response(
  'Way',
  z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('proxy'), host: z.string(), port: z.number(), tls: z.boolean(), user: z.string().optional() }),
    z.object({ kind: z.literal('socks'), host: z.string(), port: z.number(), user: z.string().optional() }),
    z.object({ kind: z.literal('ssh'), host: z.string(), port: z.number(), user: z.string(), hostKeys: z.array(z.string()) }),
  ]),
);

export const tlsChoice = response(
  'TlsChoice',
  z.object({
    serverName: z.string().optional(),
    minVersion: z.enum(['TLSv1.2', 'TLSv1.3']).optional(),
    certificateSha256: z.string().optional(),
  }),
);

function isUnlockedKey(pem: string): boolean {
  try {
    createPrivateKey(pem);
    return true;
  } catch {
    return false;
  }
}

import type { EgressGuard } from '@smartant/platform/egress';
import { z } from 'zod';

const LONGEST_ADDRESS = 2_048;

/** A text that is kept sealed and never shown again: forms ask for it as for a password. */
export function secret(description: string, longest = 1_000) {
  return z.string().min(1).max(longest).meta({ description, writeOnly: true });
}

/** An address that a token is part of. */
export function secretAddress(guard: EgressGuard, description: string) {
  return webAddress(guard, description, true);
}

/** A provider's address, without a slash at its end where it is put together with a path. */
export function baseAddress(guard: EgressGuard, standard: string, description: string) {
  return webAddress(guard, description).default(standard);
}

function webAddress(guard: EgressGuard, description: string, sealed = false) {
  return z
    .string()
    .max(LONGEST_ADDRESS)
    .superRefine((text, context) => {
      const message = addressProblem(text, guard);
      if (message !== undefined) context.addIssue({ code: 'custom', message });
    })
    .meta({ description, format: 'uri', ...(sealed ? { writeOnly: true } : {}) });
}

export function authorities() {
  return z
    .string()
    .max(100_000)
    .refine(
      (pem) => pem === '' || /-----BEGIN CERTIFICATE-----[\s\S]+-----END CERTIFICATE-----/.test(pem),
      'PEM certificates are expected.',
    )
    .default('')
    .describe('Certificates (PEM) of authorities that are trusted in addition to the system’s, for a provider of your own.');
}

/** E.164, with or without the plus; China’s without a country. */
export function phoneNumbers(description: string, most = 50) {
  const number = z.string().regex(/^\+?[0-9]{5,20}$/, 'Digits are expected, with the country in front: +8613800138000.');
  return z.array(number).min(1).max(most).describe(description);
}

/** Why an address cannot be used; undefined: it can. The text is not repeated: it may hold a token. */
export function addressProblem(text: string, guard: EgressGuard): string | undefined {
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol)) return 'An address that begins with https:// is expected.';
  if (url.username !== '' || url.password !== '') return 'A user or password does not belong into the address.';
  if (url.hash !== '') return 'The address must not have a fragment (#).';
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  if (!mayBeReached(host, guard)) return 'Connections to this address are not allowed.';
  if (url.protocol === 'http:' && !isLoopback(host)) return 'Only https:// keeps tokens and messages from being read on their way.';
  if (url.protocol === 'http:' && !mayBeReached('127.0.0.1', guard)) return 'Only https:// is allowed here.';
  return undefined;
}

function mayBeReached(host: string, guard: EgressGuard): boolean {
  try {
    guard.assertLiteralAllowed(host);
    return true;
  } catch {
    return false;
  }
}

function isLoopback(host: string): boolean {
  return /^(localhost|127(\.\d{1,3}){3}|::1)$/.test(host);
}

/** An address with a path put behind it. */
export function under(base: string, path: string): string {
  return `${base.replace(/\/+$/, '')}${path}`;
}

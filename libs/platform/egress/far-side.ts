import { isIPv6 } from 'node:net';
import { domainToASCII } from 'node:url';
import { SmartantError } from '@smartant/kernel';
import type { DialTarget } from './dialer';
import { literalAddress } from './literal-address';

/** What is in no name; full-width forms of these are not either. */
const UNFIT = /[\s\p{Cc}/\\:@?#%[\]<>^|]/u;

/**
 * A host as it is written to whoever connects for us: a canonical address, or an ASCII name. Raises `WAY_HOST_INVALID`, since a
 * name with line breaks or blanks would be read as more than a name.
 */
export function farSideHost(host: string): string {
  // The conversion reads the host of a URL: it drops line breaks, and ends at a slash.
  const name = literalAddress(host) ?? (UNFIT.test(host) ? '' : domainToASCII(host));
  if (name !== '' && (isIPv6(name) || /^[a-z0-9_](?:[a-z0-9._-]{0,252}[a-z0-9_.])?$/i.test(name))) return name;
  throw new SmartantError('WAY_HOST_INVALID', 'The endpoint’s host is no name that a proxy or a bastion can be asked for.', {
    kind: 'invalid',
    actor: 'user',
    hint: 'Correct the host of the endpoint’s address.',
  });
}

/** host:port, as CONNECT wants it. */
export function authorityOf({ host, port }: DialTarget): string {
  const name = farSideHost(host);
  return isIPv6(name) ? `[${name}]:${port}` : `${name}:${port}`;
}

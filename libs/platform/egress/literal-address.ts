import ipaddr from 'ipaddr.js';

/**
 * The address that a text is, in canonical form and without its zone; undefined for a host name. The resolver of the C library
 * reads `127.1`, `0x7f000001`, `017700000001` and `2130706433` as 127.0.0.1, and URLs take full-width digits and dots for
 * plain ones (UTS 46): so does this.
 */
export function literalAddress(host: string): string | undefined {
  const plain = host
    .normalize('NFKC')
    .replace(/[\u3002\uff0e\uff61]/g, '.')
    .trim();
  const bare = plain
    .replace(/^\[(.*)\]$/, '$1')
    .replace(/%.*$/, '')
    .replace(/\.$/, '');
  return ipaddr.isValid(bare) ? ipaddr.parse(bare).toString() : undefined;
}

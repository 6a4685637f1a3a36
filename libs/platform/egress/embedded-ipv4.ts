import ipaddr from 'ipaddr.js';

/** How an IPv6 address carries an IPv4 address that a packet to it may end at. */
interface Carrier {
  carries(address: ipaddr.IPv6): boolean;
  /** Positions of the four octets; more than one where the form is ambiguous. */
  at: number[][];
  /** Teredo writes the client's address with every bit flipped (RFC 4380 section 4). */
  flipped?: true;
}

const LAST_FOUR = [12, 13, 14, 15];

const CARRIERS: Carrier[] = [
  { carries: within('::ffff:0:0/96'), at: [LAST_FOUR] }, // IPv4-mapped (RFC 4291)
  { carries: within('::ffff:0:0:0/96'), at: [LAST_FOUR] }, // IPv4-translated (RFC 2765)
  { carries: within('64:ff9b::/96'), at: [LAST_FOUR] }, // NAT64 (RFC 6052)
  {
    // NAT64 of local use (RFC 8215), whose operator chooses the length of the prefix: 48, 56, 64 or 96 bits (RFC 6052 section 2.2).
    carries: within('64:ff9b:1::/48'),
    at: [[6, 7, 9, 10], [7, 9, 10, 11], [9, 10, 11, 12], LAST_FOUR],
  },
  { carries: within('2002::/16'), at: [[2, 3, 4, 5]] }, // 6to4 (RFC 3056)
  { carries: within('2001::/32'), at: [[4, 5, 6, 7]] }, // Teredo's server
  { carries: within('2001::/32'), at: [LAST_FOUR], flipped: true }, // Teredo's client
  { carries: isIsatap, at: [LAST_FOUR] },
];

/** Every IPv4 address that the IPv6 address may stand for. None for IPv4 and for IPv6 proper. */
export function embeddedIpv4(address: ipaddr.IPv4 | ipaddr.IPv6): ipaddr.IPv4[] {
  if (address.kind() === 'ipv4') return [];
  const bytes = address.toByteArray();
  return CARRIERS.filter(({ carries }) => carries(address as ipaddr.IPv6)).flatMap(({ at, flipped }) =>
    at
      .map((positions) => positions.map((position) => (bytes[position] ?? 0) ^ (flipped ? 0xff : 0)))
      // Of several readings, those that begin with 0 are the zeros around another one.
      .filter(([first]) => at.length === 1 || first !== 0)
      .map((octets) => new ipaddr.IPv4(octets)),
  );
}

function within(range: string): (address: ipaddr.IPv6) => boolean {
  const [network, prefix] = ipaddr.IPv6.parseCIDR(range);
  return (address) => address.match(network, prefix);
}

/** RFC 5214 section 6.1: the interface identifier is 0000:5efe or 0200:5efe and the IPv4 address, under any prefix. */
function isIsatap(address: ipaddr.IPv6): boolean {
  const [, , , , high = 0, low = 0] = address.parts;
  return low === 0x5efe && (high & 0xfdff) === 0;
}

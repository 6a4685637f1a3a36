import ipaddr from 'ipaddr.js';
import { embeddedIpv4 } from './embedded-ipv4';

type Address = ipaddr.IPv4 | ipaddr.IPv6;

interface Rule {
  network: Address;
  prefix: number;
  allows: boolean;
  /** Among rules of one prefix length the higher rank decides. */
  rank: number;
}

/** Addresses that nobody migrates to or from, and that give a server's secrets away. */
const DENIED_ALWAYS = [
  '169.254.0.0/16', // link-local, and the metadata services of AWS, Azure, GCP, OpenStack, Tencent
  '100.100.100.200/32', // metadata of Alibaba Cloud
  '192.0.0.192/32', // metadata of Oracle Cloud
  '168.63.129.16/32', // Azure's platform address
  'fd00:ec2::254/128', // metadata of AWS over IPv6
  'fd20:ce::254/128', // metadata of GCP over IPv6
  'fe80::/10',
  '0.0.0.0/8', // "this network": Linux connects 0.0.0.0 to the loopback
  '::/96', // IPv4-compatible: given up long ago, and read as IPv4 by some systems
  '224.0.0.0/4',
  '240.0.0.0/4',
  'ff00::/8',
];
const LOOPBACK = ['127.0.0.0/8', '::1/128'];
/** 0.0.0.0 and :: reach the loopback, and are let through with it. */
const UNSPECIFIED = ['0.0.0.0/32', '::/128'];

/**
 * Which addresses may be connected to. The rule with the longest prefix decides; of two equally long ones, the administrator's before
 * the built-in, and a denial before an allowance. What no rule names is allowed: reaching the addresses that users name is the product.
 */
export class AddressRules {
  private readonly rules: Rule[];

  constructor(settings: { allowLoopback: boolean; allow: string[]; deny: string[]; ours?: string[] }) {
    this.rules = [
      ...DENIED_ALWAYS.map((range) => rule(range, false, 0)),
      ...[...LOOPBACK, ...UNSPECIFIED].map((range) => rule(range, settings.allowLoopback, 1)),
      ...(settings.ours ?? []).map((address) => rule(address, false, 1)),
      ...settings.allow.map((range) => rule(range, true, 2)),
      ...settings.deny.map((range) => rule(range, false, 3)),
    ];
  }

  /** `text`: an IPv4 or IPv6 address as the system's resolver gives it, also with a zone (`fe80::1%eth0`). */
  allows(text: string): boolean {
    const address = ipaddr.parse(text.replace(/%.*$/, ''));
    return this.allowsExactly(address) && embeddedIpv4(address).every((inner) => this.allowsExactly(inner));
  }

  private allowsExactly(address: Address): boolean {
    const matching = this.rules.filter((rule) => rule.network.kind() === address.kind() && matches(address, rule));
    const longest = matching.reduce<Rule | undefined>((best, next) => (best && !decidesBefore(next, best) ? best : next), undefined);
    return longest?.allows ?? true;
  }
}

function decidesBefore(a: Rule, b: Rule): boolean {
  return a.prefix === b.prefix ? a.rank > b.rank : a.prefix > b.prefix;
}

function rule(range: string, allows: boolean, rank: number): Rule {
  if (!range.includes('/')) {
    const address = ipaddr.parse(range);
    return { network: address, prefix: address.kind() === 'ipv4' ? 32 : 128, allows, rank };
  }
  const [network, prefix] = ipaddr.parseCIDR(range);
  return { network, prefix, allows, rank };
}

function matches(address: Address, { network, prefix }: Pick<Rule, 'network' | 'prefix'>): boolean {
  return (address as ipaddr.IPv6).match(network as ipaddr.IPv6, prefix);
}

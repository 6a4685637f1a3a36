import { BlockList, isIP } from 'node:net';
import fc from 'fast-check';
import ipaddr from 'ipaddr.js';
import { AddressRules } from './address-rules';
import { egressSettings } from './egress-settings';
import { literalAddress } from './literal-address';

const DENIED = ['10.96.0.0/12', '172.16.0.0/12', '198.51.100.7/32'];
const BUILT_IN = [
  '169.254.0.0/16',
  '100.100.100.200/32',
  '192.0.0.192/32',
  '168.63.129.16/32',
  '0.0.0.0/8',
  '127.0.0.0/8',
  '224.0.0.0/4',
  '240.0.0.0/4',
];
const rules = new AddressRules({ allowLoopback: false, allow: [], deny: DENIED });

/** Node's own judge of IPv4 ranges. */
const reference = new BlockList();
for (const range of [...DENIED, ...BUILT_IN]) {
  const [network = '', prefix] = range.split('/');
  reference.addSubnet(network, Number(prefix), 'ipv4');
}

/** Any address, and often one at the edge of a range that matters. */
const ipv4 = fc.oneof(
  fc.integer({ min: 0, max: 0xffffffff }),
  fc.constantFrom(...[...DENIED, ...BUILT_IN]).chain((range) => {
    const [network = '', prefix] = range.split('/');
    const size = 2 ** (32 - Number(prefix));
    return fc.integer({ min: -1, max: size }).map((offset) => Math.min(0xffffffff, Math.max(0, numberOf(network) + offset)));
  }),
);

function numberOf(dotted: string): number {
  return dotted.split('.').reduce((sum, octet) => sum * 256 + Number(octet), 0);
}
const octets = (value: number): number[] => [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256);
const dotted = (value: number): string => octets(value).join('.');
const hex = (bytes: number[]): string => bytes.map((byte) => byte.toString(16).padStart(2, '0')).join('');
const groups = (bytes: number[]): string => hex(bytes).replace(/(.{4})(?=.)/g, '$1:');

describe('IPv4', () => {
  it('is judged as Node’s BlockList does', () => {
    fc.assert(
      fc.property(ipv4, (value) => rules.allows(dotted(value)) === !reference.check(dotted(value), 'ipv4')),
      { numRuns: 3_000 },
    );
  });

  /** Ways in which inet_aton(3) reads an address. */
  const notations: ((value: number) => string)[] = [
    String,
    (value) => `0x${value.toString(16)}`,
    (value) => `0${value.toString(8)}`,
    (value) =>
      octets(value)
        .map((octet) => `0x${octet.toString(16)}`)
        .join('.'),
    (value) =>
      octets(value)
        .map((octet) => `0${octet.toString(8)}`)
        .join('.'),
    (value) => `${dotted(value)}.`,
    (value) => `${octets(value)[0]}.${value % 2 ** 24}`,
    (value) => `${octets(value)[0]}.${octets(value)[1]}.${value % 2 ** 16}`,
    (value) => `0x${octets(value)[0]!.toString(16)}.0${octets(value)[1]!.toString(8)}.${value % 2 ** 16}`,
    (value) => dotted(value).replace(/\d/g, (digit) => String.fromCodePoint(0xff10 + Number(digit))),
    (value) => dotted(value).replaceAll('.', '\u3002'),
    (value) => dotted(value).replaceAll('.', '\uff0e'),
  ];

  it('is known in every notation', () => {
    fc.assert(
      fc.property(ipv4, fc.constantFrom(...notations), (value, write) => {
        expect(literalAddress(write(value))).toBe(dotted(value));
      }),
      { numRuns: 3_000 },
    );
  });

  it('is known as URLs know it', () => {
    fc.assert(
      fc.property(ipv4, fc.constantFrom(...notations), (value, write) => {
        expect(new URL(`http://${write(value)}/`).hostname).toBe(literalAddress(write(value)));
      }),
    );
  });
});

describe('IPv4 inside IPv6', () => {
  const filler = fc.array(fc.integer({ min: 0, max: 255 }), { minLength: 8, maxLength: 8 });
  const carriers: Record<string, (inner: number[], fill: number[]) => number[]> = {
    'IPv4-mapped': (inner) => [...Array(10).fill(0), 0xff, 0xff, ...inner],
    'IPv4-translated': (inner) => [...Array(8).fill(0), 0xff, 0xff, 0, 0, ...inner],
    NAT64: (inner) => [0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0, ...inner],
    'local NAT64, /96': (inner) => [0, 0x64, 0xff, 0x9b, 0, 1, 0, 0, 0, 0, 0, 0, ...inner],
    'local NAT64, /48': ([a, b, c, d]) => [0, 0x64, 0xff, 0x9b, 0, 1, a!, b!, 0, c!, d!, 0, 0, 0, 0, 0],
    'local NAT64, /64': (inner) => [0, 0x64, 0xff, 0x9b, 0, 1, 0, 0, 0, ...inner, 0, 0, 0],
    '6to4': (inner, fill) => [0x20, 0x02, ...inner, ...fill, 0, 1],
    'Teredo server': (inner) => [0x20, 0x01, 0, 0, ...inner, 0, 0, 0x12, 0x34, 0xf7, 0xf7, 0xf7, 0xf7],
    'Teredo client': (inner) => [0x20, 0x01, 0, 0, 8, 8, 8, 8, 0, 0, 0x12, 0x34, ...inner.map((octet) => octet ^ 0xff)],
    ISATAP: (inner, fill) => [0x20, 0x01, 0x0d, 0xb8, ...fill.slice(4), 0, 0, 0x5e, 0xfe, ...inner],
    'ISATAP of a global address': (inner, fill) => [0x20, 0x01, 0x0d, 0xb8, ...fill.slice(4), 2, 0, 0x5e, 0xfe, ...inner],
  };

  it.each(Object.keys(carriers))('%s is judged as what it carries', (name) => {
    fc.assert(
      fc.property(
        ipv4.filter((value) => value >= 2 ** 24),
        filler,
        (value, fill) => {
          const text = groups(carriers[name]!(octets(value), fill));
          expect(isIP(text)).toBe(6);
          if (reference.check(dotted(value), 'ipv4')) expect(rules.allows(text)).toBe(false);
        },
      ),
    );
    expect(rules.allows(groups(carriers[name]!([93, 184, 216, 34], Array(8).fill(1))))).toBe(true);
  });

  it('is the same in every spelling of IPv6', () => {
    fc.assert(
      fc.property(ipv4, (value) => {
        const long = groups(carriers['IPv4-mapped']!(octets(value), []));
        const verdict = rules.allows(long);
        for (const text of [`::ffff:${dotted(value)}`, ipaddr.parse(long).toString(), long.toUpperCase(), `[${long}%eth0]`])
          expect(rules.allows(literalAddress(text)!)).toBe(verdict);
      }),
    );
  });
});

describe('egressSettings', () => {
  const config = { SMARTANT_EGRESS_ALLOW_LOOPBACK: false, SMARTANT_EGRESS_ALLOW: [], SMARTANT_EGRESS_DENY: [] };
  const surroundings = {
    env: { KUBERNETES_SERVICE_HOST: '10.233.0.1', DATABASE_SERVICE_HOST: '10.233.8.9', ODD_SERVICE_HOST: 'a name', PATH: '/bin' },
    addresses: ['127.0.0.1', '10.244.1.7', 'fe80::1'],
  };
  const allows = (own: Partial<typeof config>, address: string) =>
    new AddressRules(egressSettings({ ...config, ...own }, surroundings)).allows(address);

  it('denies the API server, the services of the namespace and this machine’s own addresses', () => {
    for (const address of ['10.233.0.1', '10.233.8.9', '10.244.1.7', '::ffff:10.233.0.1']) expect(allows({}, address)).toBe(false);
    expect(allows({}, '10.233.0.2')).toBe(true);
  });

  it('lets an administrator open each, by its very address alone', () => {
    expect(allows({ SMARTANT_EGRESS_ALLOW: ['10.233.8.9'] } as never, '10.233.8.9')).toBe(true);
    expect(allows({ SMARTANT_EGRESS_ALLOW: ['10.0.0.0/8'] } as never, '10.233.0.1')).toBe(false);
  });

  it('leaves this machine’s addresses open where the loopback is, and the cluster’s services closed', () => {
    expect(allows({ SMARTANT_EGRESS_ALLOW_LOOPBACK: true }, '10.244.1.7')).toBe(true);
    expect(allows({ SMARTANT_EGRESS_ALLOW_LOOPBACK: true }, '10.233.0.1')).toBe(false);
  });
});

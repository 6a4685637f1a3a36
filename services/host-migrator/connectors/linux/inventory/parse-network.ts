import type { HostInventory, NetworkInterface } from '../../../domain/inventory';
import { linesOf, splitNamed } from './sections';

export interface NetworkTexts {
  /** `ip -o link`, `ip -o addr`, `ip -o route show default` for both families: their plain form is the same since RHEL 5. */
  links: string;
  addresses: string;
  routes: string;
  drivers: string;
  resolvers: string;
  /** Lines of configuration files that matter, behind "# path". */
  configuration: string;
}

type ConfiguredBy = NetworkInterface['configuredBy'];

const KINDS: [RegExp, ConfiguredBy][] = [
  [/^\/etc\/netplan\//, 'netplan'],
  [/^\/etc\/NetworkManager\//, 'network-manager'],
  [/^\/etc\/sysconfig\/network-scripts\//, 'ifcfg'],
  [/^\/etc\/sysconfig\/network\//, 'wicked'],
  [/^\/etc\/network\//, 'ifupdown'],
  [/\/systemd\/network\//, 'networkd'],
];
/** Made by containers and virtual machines, which make them again by themselves. */
const MADE_BY_OTHERS =
  /^(?:lo|docker\d*|br-[0-9a-f]{12}|veth.*|cali.*|cni\d*|flannel.*|virbr\d*(?:-nic)?|tun\d*|tap.*|kube-.*|nodelocaldns|dummy\d*|sit\d+|ip6tnl\d+|gre.*|erspan\d+|tunl\d+|teql\d+|ifb\d+)$/;

export function parseInterfaces({ links, addresses, routes, drivers, resolvers, configuration }: NetworkTexts): NetworkInterface[] {
  const driverOf = new Map(linesOf(drivers).map((line) => [line.split(' ')[0], line.split(' ')[1] ?? '']));
  const nameServers = unique(linesOf(resolvers).map((line) => line.trim().split(/\s+/)[1] ?? '')).filter(
    (server) => !/^127\.|^::1$/.test(server),
  );
  return linesOf(links).flatMap((line): NetworkInterface[] => {
    const match = /^\d+: ([^:@\s]+)(?:@\S+)?: <([^>]*)>/.exec(line);
    const name = match?.[1] ?? '';
    const mac = /link\/ether ([0-9a-f:]{17})/i.exec(line)?.[1]?.toLowerCase();
    if (!mac || MADE_BY_OTHERS.test(name)) return [];
    const { configuredBy, dhcp } = configurationOf(name, mac, configuration);
    const own = linesOf(addresses).filter((address) => new RegExp(`^\\d+: ${escaped(name)}(?:@\\S+)?\\s`).test(address));
    return [
      {
        name,
        mac,
        driver: driverOf.get(name) ?? '',
        up: /(?:^|,)UP(?:,|$)|^up$/.test(match?.[2] ?? ''),
        addresses: own.flatMap((address) => (/scope link/.test(address) ? [] : (/inet6? (\S+)/.exec(address)?.[1] ?? []))),
        gateways: linesOf(routes).flatMap((route) =>
          new RegExp(`dev ${escaped(name)}(?:\\s|$)`).test(route) ? (/via (\S+)/.exec(route)?.[1] ?? []) : [],
        ),
        nameServers,
        // The kernel marks what a client was lent.
        dhcp:
          dhcp || own.some((address) => /inet .* dynamic/.test(address)) || new RegExp(`dev ${escaped(name)} .*proto dhcp`).test(routes),
        configuredBy,
      },
    ];
  });
}

function configurationOf(name: string, mac: string, text: string): { configuredBy: ConfiguredBy; dhcp: boolean } {
  for (const [path, lines] of splitNamed(text)) {
    const configuredBy = KINDS.find(([pattern]) => pattern.test(path))?.[1];
    if (!configuredBy) continue;
    const body = lines.join('\n');
    const named =
      path.endsWith(`ifcfg-${name}`) ||
      new RegExp(`(?:^|[\\s="])${escaped(name)}(?:[\\s":]|$)`, 'm').test(body) ||
      body.toLowerCase().includes(mac);
    const matched = /^name\s*=\s*(\S+)/im.exec(body)?.[1];
    const byPattern =
      configuredBy === 'networkd' && matched !== undefined && new RegExp(`^${escaped(matched).replaceAll('\\*', '.*')}$`).test(name);
    if (named || byPattern) return { configuredBy, dhcp: saysDhcp(name, body, configuredBy) };
  }
  return { configuredBy: 'unknown', dhcp: false };
}

function saysDhcp(name: string, body: string, by: ConfiguredBy): boolean {
  switch (by) {
    case 'ifupdown':
      return new RegExp(`iface ${escaped(name)} inet dhcp`).test(body);
    case 'netplan':
      return /dhcp4: *(?:true|yes)/.test(new RegExp(`${escaped(name)}:[^]*?(?=\\n {2,4}\\S+:\\s*$|$(?![^]))`, 'm').exec(body)?.[0] ?? body);
    case 'network-manager':
      return /\[ipv4\][^[]*method=auto/.test(body);
    case 'networkd':
      return /dhcp\s*=\s*(?:yes|true|ipv4|both)/i.test(body);
    default:
      return /BOOTPROTO=["']?dhcp/i.test(body);
  }
}

/** `ss -lntup`, or `netstat -lntup`; of neither, /proc/net/tcp. */
export function parseListeners(text: string, procTcp: string): HostInventory['listeners'] {
  const told = linesOf(text).flatMap((line): HostInventory['listeners'] => {
    const fields = line.trim().split(/\s+/);
    const protocol = /^tcp/.test(fields[0] ?? '') ? 'tcp' : /^udp/.test(fields[0] ?? '') ? 'udp' : undefined;
    const isSs = /^(?:LISTEN|UNCONN)$/.test(fields[1] ?? '');
    const local = isSs ? fields[4] : fields[3];
    const match = /^(.*):(\d+)$/.exec(local ?? '');
    if (!protocol || !match) return [];
    const process = /users:\(\("([^"]+)"/.exec(line)?.[1] ?? /\s\d+\/([^\s:]+)/.exec(line)?.[1] ?? '';
    const address = match[1]!.replace(/^\[|\]$/g, '').replace(/%.*$/, '');
    return [{ protocol, address: address === '*' ? '::' : address, port: Number(match[2]), process }];
  });
  const found = told.length > 0 ? told : linesOf(procTcp).flatMap(listenerOfProc);
  return [...new Map(found.map((listener) => [`${listener.protocol} ${listener.address} ${listener.port}`, listener])).values()];
}

/** State 0A is LISTEN; addresses are words of 32 bits in the machine's order. */
function listenerOfProc(line: string): HostInventory['listeners'] {
  const match = /^\s*\d+: ([0-9A-F]+):([0-9A-F]{4}) \S+ 0A/.exec(line);
  if (!match) return [];
  const hex = match[1]!;
  const bytes = hex.match(/../g)!.map((byte) => parseInt(byte, 16));
  const address = hex.length === 8 ? bytes.reverse().join('.') : /^0+$/.test(hex) ? '::' : hex.toLowerCase();
  return [{ protocol: 'tcp', address, port: parseInt(match[2]!, 16), process: '' }];
}

const unique = (values: string[]): string[] => [...new Set(values)].filter((value) => value !== '');
const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

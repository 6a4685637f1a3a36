import type { InterfacePlan } from './plan-network';

type Plan = Pick<InterfacePlan, 'name' | 'mode' | 'addresses' | 'gateways' | 'nameServers'>;

const isV6 = (address: string) => address.includes(':');
const of = (addresses: readonly string[], v6: boolean) => addresses.filter((address) => isV6(address) === v6);

/** A file of systemd-networkd. */
export function networkdOf({ name, mode, addresses, gateways, nameServers }: Plan): string {
  const lines = mode === 'dhcp' ? ['DHCP=yes'] : [...addresses.map((one) => `Address=${one}`), ...nameServers.map((one) => `DNS=${one}`)];
  const routes = mode === 'dhcp' ? [] : gateways.flatMap((one) => ['', '[Route]', `Gateway=${one}`, 'GatewayOnLink=yes']);
  return ['[Match]', `Name=${name}`, '', '[Network]', ...lines, ...routes, ''].join('\n');
}

/** A file of netplan. */
export function netplanOf({ name, mode, addresses, gateways, nameServers }: Plan): string {
  const list = (values: readonly string[]) => `[${values.map((value) => `"${value}"`).join(', ')}]`;
  const lines = ['network:', '  version: 2', '  ethernets:', `    ${name}:`];
  if (mode === 'dhcp') lines.push('      dhcp4: true', '      dhcp6: true');
  else {
    lines.push('      dhcp4: false', `      addresses: ${list(addresses)}`);
    if (gateways.length > 0) lines.push('      routes:');
    for (const gateway of gateways)
      lines.push(`        - to: ${isV6(gateway) ? '"::/0"' : '0.0.0.0/0'}`, `          via: "${gateway}"`, '          on-link: true');
    if (nameServers.length > 0) lines.push('      nameservers:', `        addresses: ${list(nameServers)}`);
  }
  return `${lines.join('\n')}\n`;
}

/** A keyfile of NetworkManager. */
export function keyfileOf({ name, mode, addresses, gateways, nameServers }: Plan): string {
  const family = (v6: boolean) => {
    const own = of(addresses, v6);
    if (mode === 'dhcp') return ['method=auto'];
    if (own.length === 0) return [v6 ? 'method=ignore' : 'method=disabled'];
    const servers = of(nameServers, v6);
    return [
      'method=manual',
      ...own.map((address, at) => `address${at + 1}=${address}`),
      ...of(gateways, v6).map((gateway) => `gateway=${gateway}`),
      ...(servers.length > 0 ? [`dns=${servers.join(';')};`] : []),
    ];
  };
  return [
    ...['[connection]', `id=${name}`, 'type=ethernet', `interface-name=${name}`, 'autoconnect=true', 'autoconnect-priority=100', ''],
    ...['[ipv4]', ...family(false), '', '[ipv6]', ...family(true), ''],
  ].join('\n');
}

/** A file of the network scripts of RHEL and its kin. */
export function ifcfgOf({ name, mode, addresses, gateways, nameServers }: Plan): string {
  const lines = [`DEVICE=${name}`, 'TYPE=Ethernet', 'ONBOOT=yes', `BOOTPROTO=${mode === 'dhcp' ? 'dhcp' : 'none'}`];
  if (mode !== 'dhcp') {
    for (const [at, address] of of(addresses, false).entries()) {
      const [ip, prefix] = address.split('/');
      lines.push(`IPADDR${at === 0 ? '' : at}=${ip}`, `PREFIX${at === 0 ? '' : at}=${prefix}`);
    }
    const [first, ...others] = of(addresses, true);
    if (first) lines.push('IPV6INIT=yes', `IPV6ADDR=${first}`);
    if (others.length > 0) lines.push(`IPV6ADDR_SECONDARIES="${others.join(' ')}"`);
    for (const gateway of gateways) lines.push(`${isV6(gateway) ? 'IPV6_DEFAULTGW' : 'GATEWAY'}=${gateway}`);
    for (const [at, server] of nameServers.entries()) lines.push(`DNS${at + 1}=${server}`);
  }
  return `${lines.join('\n')}\n`;
}

/** A file of wicked (SLES). */
export function wickedOf({ mode, addresses }: Plan): string {
  const lines = [`BOOTPROTO='${mode === 'dhcp' ? 'dhcp' : 'static'}'`, "STARTMODE='auto'"];
  if (mode !== 'dhcp') for (const [at, address] of addresses.entries()) lines.push(`IPADDR${at === 0 ? '' : `_${at}`}='${address}'`);
  return `${lines.join('\n')}\n`;
}

/** A stanza of /etc/network/interfaces. */
export function stanzaOf({ name, mode, addresses, gateways, nameServers }: Plan): string {
  if (mode === 'dhcp') return `auto ${name}\niface ${name} inet dhcp\n`;
  const family = (v6: boolean) =>
    of(addresses, v6).flatMap((address, at) => [
      `iface ${name} ${v6 ? 'inet6' : 'inet'} static`,
      `    address ${address}`,
      ...(at === 0 ? of(gateways, v6).map((gateway) => `    gateway ${gateway}`) : []),
      ...(at === 0 && nameServers.length > 0 && (!v6 || of(addresses, false).length === 0)
        ? [`    dns-nameservers ${nameServers.join(' ')}`]
        : []),
    ]);
  return `${[`auto ${name}`, ...family(false), ...family(true)].join('\n')}\n`;
}

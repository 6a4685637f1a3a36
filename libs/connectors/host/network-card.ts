const VIRTUAL = /^(bridge|bonding|tun|veth|802\.1Q|vlan|dummy|docker|team)/;

/** Whether an interface of a Linux machine is a card, real or of a hypervisor, and not made by software on top of others. */
export function isNetworkCard({ name, mac, driver }: { name: string; mac: string; driver: string }): boolean {
  return name !== 'lo' && mac !== '' && driver !== '' && !VIRTUAL.test(driver);
}

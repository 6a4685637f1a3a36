import { isNetworkCard } from '@smartant/connectors';
import type { NetworkPlan } from '../../../domain/host-scope';
import type { NetworkInterface } from '../../../domain/inventory';
import type { BootFacts } from './boot-facts';
import { filesBelow, rewrite, withEdits, type Edit } from './edits';
import { keyfileOf, ifcfgOf, netplanOf, networkdOf, stanzaOf, wickedOf } from './network-files';

/** One interface of the source with what becomes of it. `mac`: of the target's interface; empty where it is not known yet. */
export interface InterfacePlan {
  name: string;
  mode: NetworkPlan['mode'];
  addresses: string[];
  gateways: string[];
  nameServers: string[];
  mac: string;
  configuredBy: NetworkInterface['configuredBy'];
}

const RULES = '/etc/udev/rules.d/70-smartant-net.rules';
const WHY = 'the network is set up by plan';

/**
 * The network of the target. Interfaces keep the source's names by a rule of udev, so that firewalls and services that name them go on;
 * what configures them is left alone where the addresses stay, else written anew in the form that the distribution uses.
 */
export function planNetwork(facts: BootFacts): Edit[] {
  const plans = interfacePlans(facts);
  let { files } = facts;
  const edits: Edit[] = [];
  const add = (more: readonly Edit[]) => {
    edits.push(...more);
    files = withEdits(files, more);
  };
  add(clearOldRules(facts));
  add(namingRules(facts, plans));
  for (const plan of plans) add(configure({ ...facts, files }, plan));
  return edits;
}

/** Interfaces of the source that are up or have an address, in their order, with the target's MACs at the same places. */
export function interfacePlans({ inventory, wishes, targetMacs }: BootFacts): InterfacePlan[] {
  return inventory.interfaces.filter(isNetworkCard).map((own, at) => {
    const wish = wishes.network.find(({ source }) => source === own.name);
    const mode = wish?.mode ?? 'dhcp';
    const kept = mode === 'keep';
    return {
      name: own.name,
      mode: kept && own.dhcp ? 'dhcp' : mode,
      addresses: kept ? own.addresses : (wish?.addresses ?? []),
      gateways: kept ? own.gateways : [wish?.gateway ?? ''].filter(Boolean),
      nameServers: kept ? own.nameServers : (wish?.nameServers ?? []),
      mac: (wish?.mac || targetMacs[at]) ?? '',
      configuredBy: own.configuredBy,
    };
  });
}

/** Rules and links that tie names to the source's MACs. */
function clearOldRules({ files }: BootFacts): Edit[] {
  const rules = filesBelow(files, '/etc/udev/rules.d', /^(70-persistent-net|75-persistent-net-generator|70-persistent-cd)\.rules$/);
  const links = filesBelow(files, '/etc/systemd/network', /\.link$/).filter(([, text]) => /MACAddress=/i.test(text));
  return [...rules, ...links].map(([path]) => ({ kind: 'remove', path, why: 'it names interfaces by the MACs of the source' }));
}

/** Without a MAC there is nothing to tell several interfaces apart by: only a single one is named then. */
function namingRules({ files }: BootFacts, plans: readonly InterfacePlan[]): Edit[] {
  const rules = plans.flatMap(({ name, mac }) => {
    if (mac === '' && plans.length > 1) return [];
    const match = mac === '' ? 'DRIVERS=="?*"' : `ATTR{address}=="${mac.toLowerCase()}"`;
    return [`SUBSYSTEM=="net", ACTION=="add", ${match}, ATTR{type}=="1", KERNEL!="${name}", NAME="${name}"`];
  });
  if (rules.length === 0) return [];
  return rewrite(
    files,
    RULES,
    `# Interfaces keep the names that they had before this machine was moved.\n${rules.join('\n')}\n`,
    'interfaces keep their names',
  );
}

function configure(facts: BootFacts, plan: InterfacePlan): Edit[] {
  switch (plan.configuredBy) {
    case 'ifupdown':
      return configureIfupdown(facts, plan);
    case 'netplan':
      return configureNetplan(facts, plan);
    case 'network-manager':
      return configureNetworkManager(facts, plan);
    case 'ifcfg':
      return configureIfcfg(facts, plan, '/etc/sysconfig/network-scripts');
    case 'wicked':
      return configureIfcfg(facts, plan, '/etc/sysconfig/network');
    case 'networkd':
    case 'unknown':
      return configureNetworkd(facts, plan);
  }
}

function configureIfupdown({ files }: BootFacts, plan: InterfacePlan): Edit[] {
  if (plan.mode === 'keep') return [];
  const paths = ['/etc/network/interfaces', ...filesBelow(files, '/etc/network/interfaces.d', /^[\w.-]+$/).map(([path]) => path)];
  const own = paths.filter((path) => hasStanza(files.get(path) ?? '', plan.name));
  const edits = own.flatMap((path) => rewrite(files, path, withoutStanzas(files.get(path) ?? '', plan.name), WHY));
  const path = own[0] ?? '/etc/network/interfaces';
  const rest = withEdits(files, edits).get(path) ?? 'source /etc/network/interfaces.d/*\n';
  return [...edits.filter((edit) => edit.path !== path), ...rewrite(files, path, `${rest.replace(/\n*$/, '\n')}\n${stanzaOf(plan)}`, WHY)];
}

const stanzaStart = /^\s*(iface|auto|allow-\S+|mapping|source|source-directory|no-auto-down|no-scripts)\s/;
const hasStanza = (text: string, name: string) =>
  text.split('\n').some((line) => /^\s*iface\s/.test(line) && line.trim().split(/\s+/)[1] === name);

function withoutStanzas(text: string, name: string): string {
  let within = false;
  const lines: string[] = [];
  for (const line of text.split('\n')) {
    const [word = '', ...names] = line.trim().split(/\s+/);
    if (stanzaStart.test(line)) {
      within = word === 'iface' && names[0] === name;
      if (within) continue;
      if (word === 'auto' || word.startsWith('allow-')) {
        const others = names.filter((one) => one !== name);
        if (others.length > 0) lines.push(`${word} ${others.join(' ')}`);
        continue;
      }
    }
    if (!within || line.trimStart().startsWith('#')) lines.push(line);
  }
  return lines.join('\n');
}

/** Netplan merges its files, so one more cannot take an address away: those that name the interface are put out of its sight. */
function configureNetplan({ files }: BootFacts, plan: InterfacePlan): Edit[] {
  if (plan.mode === 'keep') return withoutMacs(files, filesBelow(files, '/etc/netplan', /\.ya?ml$/), /^(\s*macaddress:).*$/gm, plan);
  const own = filesBelow(files, '/etc/netplan', /\.ya?ml$/).filter(([path]) => !path.includes('/90-smartant-'));
  return [
    ...own.map(([path]) => ({ kind: 'remove', path, why: WHY }) as const),
    { kind: 'write', path: `/etc/netplan/90-smartant-${plan.name}.yaml`, content: netplanOf(plan), mode: 0o600, why: WHY },
  ];
}

function configureNetworkManager({ files }: BootFacts, plan: InterfacePlan): Edit[] {
  const folder = '/etc/NetworkManager/system-connections';
  const own = filesBelow(files, folder, /./).filter(
    ([, text]) =>
      /^type=(ethernet|802-3-ethernet)$/m.test(text) &&
      (new RegExp(`^interface-name=${plan.name}$`, 'm').test(text) || !/^interface-name=/m.test(text)),
  );
  if (plan.mode === 'keep') {
    return own.flatMap(([path, text]) => rewrite(files, path, text.replaceAll(/^mac-address=.*\n/gm, ''), 'the target has another MAC'));
  }
  return [
    ...own.map(([path]) => ({ kind: 'remove', path, why: WHY }) as const),
    { kind: 'write', path: `${folder}/${plan.name}.nmconnection`, content: keyfileOf(plan), mode: 0o600, why: WHY },
  ];
}

function configureIfcfg({ files }: BootFacts, plan: InterfacePlan, folder: string): Edit[] {
  const path = `${folder}/ifcfg-${plan.name}`;
  const text = files.get(path);
  if (plan.mode === 'keep') {
    return text === undefined
      ? []
      : rewrite(files, path, text.replaceAll(/^(HWADDR|MACADDR|UUID)=.*\n?/gm, ''), 'the target has another MAC');
  }
  return rewrite(files, path, folder.endsWith('network-scripts') ? ifcfgOf(plan) : wickedOf(plan), WHY);
}

/** The first file by name that matches an interface is the one that counts. */
function configureNetworkd({ files }: BootFacts, plan: InterfacePlan): Edit[] {
  if (plan.mode === 'keep') return withoutMacs(files, filesBelow(files, '/etc/systemd/network', /\.network$/), /^(MACAddress=).*$/gm, plan);
  return [
    { kind: 'write', path: `/etc/systemd/network/00-smartant-${plan.name}.network`, content: networkdOf(plan), mode: 0o644, why: WHY },
  ];
}

/** Where the source's MAC chooses an interface, the target's does so from now on; where that is not known, names alone do. */
function withoutMacs(files: BootFacts['files'], found: readonly [string, string][], line: RegExp, plan: InterfacePlan): Edit[] {
  return found.flatMap(([path, text]) =>
    rewrite(
      files,
      path,
      text.replaceAll(line, (_, lead: string) => (plan.mac === '' ? '' : `${lead}${lead.endsWith('=') ? '' : ' '}${plan.mac}`)),
      'the target has another MAC',
    ),
  );
}

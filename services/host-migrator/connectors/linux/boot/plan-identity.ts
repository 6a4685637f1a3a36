import type { BootFacts } from './boot-facts';
import { rewrite, type Edit } from './edits';

/** Units of the agents of hypervisors and clouds, which wait for or change what is not there any more. */
const GUEST_TOOLS = [
  'open-vm-tools',
  'vmtoolsd',
  'vgauthd',
  'vmware-tools',
  'vboxservice',
  'vboxadd',
  'vboxadd-service',
  'virtualbox-guest-utils',
  'xe-linux-distribution',
  'xe-daemon',
  'hyperv-daemons',
  'hypervkvpd',
  'hypervvssd',
  'hypervfcopyd',
  'hv-kvp-daemon',
  'hv-vss-daemon',
  'hv-fcopy-daemon',
  'walinuxagent',
  'waagent',
  'google-guest-agent',
  'google-osconfig-agent',
  'amazon-ssm-agent',
  'aliyun',
  'prltoolsd',
];

/** Who the machine is: its id, name and keys by choice; agents of the old hypervisor; SELinux labels. */
export function planIdentity(facts: BootFacts): Edit[] {
  return [
    ...planMachineId(facts),
    ...planHostname(facts),
    ...planGuestTools(facts),
    ...planCloudInit(facts),
    ...planLabels(facts),
    ...planArrays(facts),
  ];
}

function planMachineId({ files, wishes }: BootFacts): Edit[] {
  if (wishes.machineId === 'keep') return [];
  const why = 'the machine gets an id of its own when it starts';
  const bus = '/var/lib/dbus/machine-id';
  return [
    ...(files.has('/etc/machine-id') ? rewrite(files, '/etc/machine-id', '', why) : []),
    // As a file of its own it would give the old id back.
    ...(files.has(bus) ? [{ kind: 'remove', path: bus, why } as const] : []),
  ];
}

function planHostname({ files, wishes, inventory }: BootFacts): Edit[] {
  const name = wishes.hostname;
  if (name === '' || name === inventory.hostname) return [];
  const why = 'the machine has a new name';
  const hosts = files.get('/etc/hosts');
  const short = inventory.hostname.split('.')[0] ?? '';
  const renamed = hosts
    ?.split('\n')
    .map((line) => (line.trimStart().startsWith('#') ? line : renameWords(line, [inventory.hostname, short], name)));
  return [...rewrite(files, '/etc/hostname', `${name}\n`, why), ...(renamed ? rewrite(files, '/etc/hosts', renamed.join('\n'), why) : [])];
}

function renameWords(line: string, old: readonly string[], name: string): string {
  const short = name.split('.')[0] ?? name;
  return line.replaceAll(/\S+/g, (word, at: number) => (at === 0 || !old.includes(word) ? word : word === old[0] ? name : short));
}

function planGuestTools({ inventory, wishes }: BootFacts): Edit[] {
  if (!wishes.disableGuestTools) return [];
  return inventory.services
    .map(({ name }) => name.replace(/\.service$/, ''))
    .filter((name) => GUEST_TOOLS.includes(name))
    .map((name) => ({
      kind: 'link',
      path: `/etc/systemd/system/${name}.service`,
      target: '/dev/null',
      why: 'an agent of the old hypervisor does not start any more',
    }));
}

/** It may stay, for the target's cloud; but names, keys and the network are the migration's. */
function planCloudInit({ files }: BootFacts): Edit[] {
  if (!files.has('/etc/cloud/cloud.cfg')) return [];
  const content = 'preserve_hostname: true\nssh_deletekeys: false\nnetwork:\n  config: disabled\n';
  return rewrite(files, '/etc/cloud/cloud.cfg.d/99-smartant.cfg', content, 'cloud-init leaves name, keys and network alone');
}

function planLabels({ inventory, labelsKept }: BootFacts): Edit[] {
  if (labelsKept || inventory.selinux === 'absent' || inventory.selinux === 'disabled') return [];
  return [{ kind: 'write', path: '/.autorelabel', content: '', mode: 0o644, why: 'SELinux labels are made anew at the first start' }];
}

/** Arrays are gone: their names would be waited for. */
function planArrays({ files, inventory }: BootFacts): Edit[] {
  if (inventory.raids.length === 0) return [];
  return ['/etc/mdadm/mdadm.conf', '/etc/mdadm.conf'].flatMap((path) => {
    const text = files.get(path);
    return text === undefined ? [] : rewrite(files, path, text.replaceAll(/^(ARRAY\s.*)$/gm, '# $1'), 'arrays are plain partitions now');
  });
}

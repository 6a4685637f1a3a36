import { planEdits } from './convert';
import type { BootFacts } from './boot-facts';
import type { Edit } from './edits';
import { sourceInventory, DATA_UUID, ESP_UUID, ROOT_UUID } from './testkit/source-machine';
import { proposeLayout } from '../../../domain/propose-layout';
import type { HostInventory, NetworkInterface } from '../../../domain/inventory';

const NET = {
  name: 'ens192',
  mac: '00:50:56:aa:bb:cc',
  driver: 'vmxnet3',
  up: true,
  addresses: ['192.0.2.7/24'],
  gateways: ['192.0.2.1'],
  nameServers: ['192.0.2.53'],
  dhcp: false,
};

function facts(
  files: Record<string, string>,
  more: { inventory?: Partial<HostInventory>; wishes?: Partial<BootFacts['wishes']>; macs?: string[]; labelsKept?: boolean } = {},
): BootFacts {
  const inventory = { ...sourceInventory('uefi'), services: [], ...more.inventory };
  return {
    inventory,
    layout: proposeLayout(inventory, 'image', { boot: null, excludeMounts: [], sizes: [], imageBytes: 0 }).layout,
    wishes: {
      network: [],
      machineId: 'keep',
      sshHostKeys: 'keep',
      hostname: '',
      disableGuestTools: false,
      serialConsole: false,
      excludeMounts: [],
      ...more.wishes,
    },
    files: new Map(Object.entries(files)),
    targetMacs: more.macs ?? [],
    labelsKept: more.labelsKept ?? true,
  };
}

const withInterface = (configuredBy: NetworkInterface['configuredBy']): Partial<HostInventory> => ({
  interfaces: [{ ...NET, configuredBy }],
});
const fixed = {
  network: [
    {
      source: 'ens192',
      mode: 'static' as const,
      addresses: ['10.0.0.5/16', '2001:db8::5/64'],
      gateway: '10.0.0.1',
      nameServers: ['10.0.0.2'],
      mac: '',
    },
  ],
};
const kept = { network: [{ source: 'ens192', mode: 'keep' as const, addresses: [], gateway: '', nameServers: [], mac: '' }] };
const written = (edits: readonly Edit[], path: string) =>
  edits.flatMap((edit) => (edit.kind === 'write' && edit.path === path ? [edit.content] : []))[0];
const removed = (edits: readonly Edit[]) => edits.flatMap((edit) => (edit.kind === 'remove' ? [edit.path] : []));

describe('filesystems', () => {
  it('are named by their UUIDs, and what is not there is not waited for', () => {
    const fstab = [
      '# /etc/fstab',
      '/dev/sda2  /  ext4  errors=remount-ro  0 1',
      'PARTUUID=1234 /boot/efi vfat umask=0077 0 1',
      '/dev/mapper/vg0-data\t/data xfs defaults 0 0',
      '/dev/sdb1 /backup ext4 defaults 0 2',
      '/data/www /srv none bind 0 0',
      '/dev/sda9 none swap sw 0 0',
      '/swapfile none swap sw 0 0',
      'tmpfs /tmp tmpfs defaults 0 0',
      'nas:/x /mnt/nas nfs _netdev 0 0',
      '',
    ].join('\n');
    expect(written(planEdits(facts({ '/etc/fstab': fstab })), '/etc/fstab')?.split('\n')).toEqual([
      '# /etc/fstab',
      `UUID=${ROOT_UUID}  /  ext4  errors=remount-ro  0 1`,
      `UUID=${ESP_UUID} /boot/efi vfat umask=0077 0 1`,
      '/dev/mapper/vg0-data\t/data xfs defaults 0 0',
      '# not migrated: /dev/sdb1 /backup ext4 defaults 0 2',
      '/data/www /srv none bind 0 0',
      '# not migrated: /dev/sda9 none swap sw 0 0',
      '# not migrated: /swapfile none swap sw 0 0',
      'tmpfs /tmp tmpfs defaults 0 0',
      'nas:/x /mnt/nas nfs _netdev 0 0',
      '',
    ]);
  });

  it('that are named by UUID already are left alone', () => {
    const fstab = `UUID=${ROOT_UUID} / ext4 defaults 0 1\nUUID=${ESP_UUID} /boot/efi vfat defaults 0 1\nLABEL=data /data xfs nofail 0 0\n`;
    expect(planEdits(facts({ '/etc/fstab': fstab })).map(({ path }) => path)).not.toContain('/etc/fstab');
    expect(DATA_UUID).toBeTruthy();
  });

  it('are encrypted no more', () => {
    const edits = planEdits(facts({ '/etc/crypttab': '# name device\nluks-1 UUID=1 none\n' }));
    expect(written(edits, '/etc/crypttab')).toBe('# name device\n# not encrypted at the target: luks-1 UUID=1 none\n');
  });
});

describe('the command line of the kernel', () => {
  it('of Debian names the root by UUID and has a serial console', () => {
    const text =
      'GRUB_TIMEOUT=5\nGRUB_CMDLINE_LINUX_DEFAULT="quiet splash"\nGRUB_CMDLINE_LINUX="root=/dev/sda2 resume=/dev/sda9 net.ifnames=0"\n';
    const mapped = written(planEdits(facts({ '/etc/default/grub': text }, { wishes: { serialConsole: true } })), '/etc/default/grub');
    expect(mapped).toContain('GRUB_CMDLINE_LINUX_DEFAULT="quiet splash"\n');
    expect(mapped).toContain(`GRUB_CMDLINE_LINUX="root=UUID=${ROOT_UUID} net.ifnames=0 console=tty0 console=ttyS0,115200"\n`);
    expect(mapped).toContain('GRUB_TERMINAL="console serial"\n');
    const again = planEdits(facts({ '/etc/default/grub': mapped ?? '' }, { wishes: { serialConsole: true } }));
    expect(again.map(({ path }) => path)).not.toContain('/etc/default/grub');
  });

  it('of cloud images is not tied to the id of a partition', () => {
    const edits = planEdits(facts({ '/etc/default/grub.d/40-force-partuuid.cfg': 'GRUB_FORCE_PARTUUID=1234\n' }));
    expect(removed(edits)).toEqual(['/etc/default/grub.d/40-force-partuuid.cfg']);
  });

  it('of RHEL is mended in each entry and in the environment of GRUB', () => {
    const entry = 'title Rocky Linux\nlinux /vmlinuz-5.14\noptions root=/dev/sda2 ro rd.luks.uuid=luks-1 crashkernel=auto\n';
    const environment = `# GRUB Environment Block\nkernelopts=root=/dev/sda2 ro \nsaved_entry=0\n`.padEnd(1024, '#');
    const edits = planEdits(
      facts(
        { '/boot/loader/entries/a.conf': entry, '/boot/grub2/grubenv': environment, '/etc/kernel/cmdline': 'root=/dev/sda2 ro\n' },
        { wishes: { serialConsole: true } },
      ),
    );
    expect(written(edits, '/boot/loader/entries/a.conf')).toContain(
      `options root=UUID=${ROOT_UUID} ro crashkernel=auto console=tty0 console=ttyS0,115200\n`,
    );
    expect(written(edits, '/etc/kernel/cmdline')).toBe(`root=UUID=${ROOT_UUID} ro console=tty0 console=ttyS0,115200\n`);
    const block = written(edits, '/boot/grub2/grubenv') ?? '';
    expect(block).toHaveLength(1024);
    expect(block).toContain(`\nkernelopts=root=UUID=${ROOT_UUID} ro console=tty0 console=ttyS0,115200 \nsaved_entry=0\n#`);
  });

  it('keeps the names of logical volumes', () => {
    const text = 'GRUB_CMDLINE_LINUX="root=/dev/mapper/vg0-root rd.lvm.lv=vg0/root"\nGRUB_DISABLE_OS_PROBER=true\n';
    expect(planEdits(facts({ '/etc/default/grub': text })).map(({ path }) => path)).not.toContain('/etc/default/grub');
  });
});

describe('the network', () => {
  const rules = '/etc/udev/rules.d/70-smartant-net.rules';

  it('keeps the names of interfaces, by MAC where it is known', () => {
    const old = { '/etc/udev/rules.d/70-persistent-net.rules': 'ATTR{address}=="00:50:56:aa:bb:cc", NAME="ens192"\n' };
    const edits = planEdits(facts(old, { macs: ['52:54:00:AA:00:01'] }));
    expect(removed(edits)).toEqual(['/etc/udev/rules.d/70-persistent-net.rules']);
    expect(written(edits, rules)).toContain('ATTR{address}=="52:54:00:aa:00:01", ATTR{type}=="1", KERNEL!="ens192", NAME="ens192"');
    expect(written(planEdits(facts({})), rules)).toContain('DRIVERS=="?*"');
    const two = {
      interfaces: [NET, { ...NET, name: 'ens224', mac: '00:50:56:aa:bb:dd' }].map((one) => ({ ...one, configuredBy: 'networkd' as const })),
    };
    expect(written(planEdits(facts({}, { inventory: two })), rules)).toBeUndefined();
  });

  it('of ifupdown', () => {
    const text =
      'auto lo\niface lo inet loopback\n\nauto ens192 ens224\niface ens192 inet static\n    address 192.0.2.7\n    netmask 255.255.255.0\n\niface ens224 inet dhcp\n';
    const files = { '/etc/network/interfaces': text };
    const inventory = withInterface('ifupdown');
    const head = 'auto lo\niface lo inet loopback\n\nauto ens224\niface ens224 inet dhcp\n\n';
    expect(written(planEdits(facts(files, { inventory })), '/etc/network/interfaces')).toBe(`${head}auto ens192\niface ens192 inet dhcp\n`);
    expect(written(planEdits(facts(files, { inventory, wishes: fixed })), '/etc/network/interfaces')).toBe(
      `${head}auto ens192\niface ens192 inet static\n    address 10.0.0.5/16\n    gateway 10.0.0.1\n    dns-nameservers 10.0.0.2\niface ens192 inet6 static\n    address 2001:db8::5/64\n`,
    );
    expect(planEdits(facts(files, { inventory, wishes: kept })).map(({ path }) => path)).not.toContain('/etc/network/interfaces');
  });

  it('of netplan', () => {
    const files = {
      '/etc/netplan/50-cloud-init.yaml': 'network:\n  ethernets:\n    ens192:\n      match:\n        macaddress: 00:50:56:aa:bb:cc\n',
    };
    const inventory = withInterface('netplan');
    const edits = planEdits(facts(files, { inventory, wishes: fixed }));
    expect(removed(edits)).toEqual(['/etc/netplan/50-cloud-init.yaml']);
    expect(written(edits, '/etc/netplan/90-smartant-ens192.yaml')).toContain(
      'addresses: ["10.0.0.5/16", "2001:db8::5/64"]\n      routes:\n        - to: 0.0.0.0/0\n',
    );
    const same = planEdits(facts(files, { inventory, wishes: kept, macs: ['52:54:00:aa:00:01'] }));
    expect(written(same, '/etc/netplan/50-cloud-init.yaml')).toContain('macaddress: 52:54:00:aa:00:01');
  });

  it('of NetworkManager', () => {
    const path = '/etc/NetworkManager/system-connections/wired.nmconnection';
    const files = { [path]: '[connection]\nid=wired\ntype=ethernet\ninterface-name=ens192\n\n[ethernet]\nmac-address=00:50:56:AA:BB:CC\n' };
    const inventory = withInterface('network-manager');
    const edits = planEdits(facts(files, { inventory }));
    expect(removed(edits)).toEqual([path]);
    expect(written(edits, '/etc/NetworkManager/system-connections/ens192.nmconnection')).toContain('interface-name=ens192\n');
    expect(edits.find((edit) => edit.path.endsWith('ens192.nmconnection'))).toMatchObject({ mode: 0o600 });
    expect(written(planEdits(facts(files, { inventory, wishes: kept })), path)).not.toContain('mac-address');
  });

  it('of RHEL and SLES', () => {
    const rhel = '/etc/sysconfig/network-scripts/ifcfg-ens192';
    const files = { [rhel]: 'DEVICE=ens192\nHWADDR=00:50:56:AA:BB:CC\nBOOTPROTO=none\nIPADDR=192.0.2.7\n' };
    expect(written(planEdits(facts(files, { inventory: withInterface('ifcfg'), wishes: kept })), rhel)).toBe(
      'DEVICE=ens192\nBOOTPROTO=none\nIPADDR=192.0.2.7\n',
    );
    const set = written(planEdits(facts(files, { inventory: withInterface('ifcfg'), wishes: fixed })), rhel);
    expect(set).toContain('IPADDR=10.0.0.5\nPREFIX=16\nIPV6INIT=yes\nIPV6ADDR=2001:db8::5/64\nGATEWAY=10.0.0.1\nDNS1=10.0.0.2\n');
    const sles = planEdits(facts({}, { inventory: withInterface('wicked') }));
    expect(written(sles, '/etc/sysconfig/network/ifcfg-ens192')).toContain("BOOTPROTO='dhcp'");
  });

  it('of systemd-networkd', () => {
    const path = '/etc/systemd/network/00-smartant-ens192.network';
    expect(written(planEdits(facts({})), path)).toBe('[Match]\nName=ens192\n\n[Network]\nDHCP=yes\n');
    expect(written(planEdits(facts({}, { wishes: fixed })), path)).toContain('[Route]\nGateway=10.0.0.1\nGatewayOnLink=yes\n');
  });
});

describe('who the machine is', () => {
  it('is new by choice', () => {
    const files = {
      '/etc/machine-id': 'abc\n',
      '/var/lib/dbus/machine-id': 'abc\n',
      '/etc/hostname': 'source\n',
      '/etc/hosts': '127.0.0.1 localhost\n127.0.1.1 source.example source # source\n',
    };
    const edits = planEdits(facts(files, { wishes: { machineId: 'new', hostname: 'moved.example.org' } }));
    expect(written(edits, '/etc/machine-id')).toBe('');
    expect(removed(edits)).toEqual(['/var/lib/dbus/machine-id']);
    expect(written(edits, '/etc/hostname')).toBe('moved.example.org\n');
    expect(written(edits, '/etc/hosts')).toContain('moved.example.org');
    expect(planEdits(facts(files)).map(({ path }) => path)).not.toContain('/etc/machine-id');
  });

  it('has no agents of its old hypervisor, and labels of its own', () => {
    const inventory = { services: [{ name: 'open-vm-tools.service', state: 'running', enabled: true }], selinux: 'enforcing' as const };
    const edits = planEdits(facts({ '/etc/cloud/cloud.cfg': '' }, { inventory, wishes: { disableGuestTools: true }, labelsKept: false }));
    expect(edits).toContainEqual(
      expect.objectContaining({ kind: 'link', path: '/etc/systemd/system/open-vm-tools.service', target: '/dev/null' }),
    );
    expect(edits.map(({ path }) => path)).toEqual(expect.arrayContaining(['/.autorelabel', '/etc/cloud/cloud.cfg.d/99-smartant.cfg']));
  });
});

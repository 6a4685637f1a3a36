import { buildInventory } from './build-inventory';
import { debianUefiLvm } from './fixtures/debian-uefi-lvm';
import { rhel7BiosRaid } from './fixtures/rhel7-bios-raid';
import { slesBtrfsMultipath } from './fixtures/sles-btrfs-multipath';
import { splitSections } from './sections';

const read = (texts: Record<string, string>) =>
  buildInventory(new Map(Object.entries(texts).map(([name, text]) => [name, { text, status: 0 }])), '2026-01-01T00:00:00.000Z');

describe('the inventory of a Debian with UEFI, GPT and LVM', () => {
  const { inventory, facts } = read(debianUefiLvm);

  it('knows the machine', () => {
    expect(inventory).toMatchObject({
      hostname: 'web-01',
      os: { id: 'debian', versionId: '12', prettyName: 'Debian GNU/Linux 12 (bookworm)' },
      kernel: { release: '6.1.0-18-amd64', architecture: 'x86_64' },
      boot: { mode: 'uefi', secureBoot: true, loader: 'grub' },
      hardware: { cpus: 4, memoryBytes: 8123456 * 1024, vendor: 'QEMU', virtualization: 'kvm' },
      packages: { manager: 'dpkg', count: 412 },
      selinux: 'absent',
      tools: { tar: 'tar (GNU tar) 1.34', gzip: '' },
    });
    expect(facts).toMatchObject({
      userId: 0,
      clockMs: 1718000000250,
      machineId: '0123456789abcdef0123456789abcdef',
      productId: '4c4c4544-0042-3510-8054-b4c04f4e3532',
      drivers: ['virtio_blk', 'virtio_net', 'virtio_pci'],
      containers: ['dockerd'],
      unread: [],
    });
  });

  it('knows disks, partitions and what stands on them', () => {
    expect(inventory.disks).toHaveLength(1);
    expect(inventory.disks[0]).toMatchObject({
      path: '/dev/vda',
      serial: 'vol-1',
      table: 'gpt',
      tableId: 'f00dbabe-0000-4000-8000-000000000001',
    });
    expect(inventory.disks[0]!.partitions).toEqual([
      expect.objectContaining({
        path: '/dev/vda1',
        number: 1,
        startBytes: 1048576,
        sizeBytes: 536870912,
        type: 'c12a7328-f81f-11d2-ba4b-00a0c93ec93b',
        name: 'EFI System',
        content: { kind: 'filesystem', type: 'vfat', uuid: 'AB12-CD34', label: '' },
      }),
      expect.objectContaining({ path: '/dev/vda2', content: expect.objectContaining({ type: 'ext4', label: 'boot' }) }),
      expect.objectContaining({ path: '/dev/vda3', content: expect.objectContaining({ kind: 'lvm', type: 'LVM2_member' }) }),
    ]);
    expect(inventory.volumeGroups).toEqual([
      {
        name: 'sys',
        extentBytes: 4194304,
        sizeBytes: 52072284160,
        freeBytes: 17712545792,
        devices: ['/dev/vda3'],
        volumes: [
          expect.objectContaining({
            name: 'root',
            path: '/dev/sys/root',
            layout: 'linear',
            content: expect.objectContaining({ type: 'ext4' }),
          }),
          expect.objectContaining({ name: 'srv-data', content: expect.objectContaining({ type: 'xfs', label: 'data' }) }),
          expect.objectContaining({ name: 'swap', content: expect.objectContaining({ kind: 'swap' }) }),
        ],
      },
    ]);
  });

  it('knows each filesystem once, with its blanks, and what is of the network', () => {
    expect(inventory.fileSystems.map(({ mount, type, device, usedBytes, files }) => [mount, type, device, usedBytes, files])).toEqual([
      ['/', 'ext4', '/dev/mapper/sys-root', 3213880 * 1024, 45678],
      ['/boot', 'ext4', '/dev/vda2', 93000 * 1024, 350],
      ['/boot/efi', 'vfat', '/dev/vda1', 5900 * 1024, 0],
      ['/srv/my data', 'xfs', '/dev/mapper/sys-srv--data', 1234567 * 1024, 777],
    ]);
    expect(inventory.fileSystems[3]).toMatchObject({ label: 'data', uuid: '44444444-0000-4000-8000-000000000004' });
    expect(facts.networkMounts.map(({ mount }) => mount)).toEqual(['/mnt/share']);
    expect(inventory.swaps).toEqual([
      { path: '/dev/mapper/sys-swap', uuid: '55555555-0000-4000-8000-000000000005', label: '', sizeBytes: 2097148 * 1024 },
    ]);
    expect(inventory.fstab).toHaveLength(6);
    expect(inventory.fstab[3]).toEqual({
      spec: '/dev/mapper/sys-srv--data',
      mount: '/srv/my data',
      type: 'xfs',
      options: ['nosuid', 'nofail'],
      dump: 0,
      pass: 0,
    });
  });

  it('knows the network, services, listeners and databases', () => {
    expect(inventory.interfaces).toEqual([
      {
        name: 'enp1s0',
        mac: '52:54:00:aa:bb:01',
        driver: 'virtio_net',
        up: true,
        addresses: ['192.0.2.7/24', '2001:db8::7/64'],
        gateways: ['192.0.2.1', '2001:db8::1'],
        nameServers: ['192.0.2.53'],
        dhcp: false,
        configuredBy: 'ifupdown',
      },
      expect.objectContaining({ name: 'enp2s0', up: false, dhcp: true, configuredBy: 'ifupdown' }),
    ]);
    expect(inventory.services).toEqual([
      { name: 'broken', state: 'failed', enabled: false },
      { name: 'cron', state: 'running', enabled: true },
      { name: 'nginx', state: 'running', enabled: true },
      { name: 'postfix', state: 'inactive', enabled: true },
      { name: 'systemd-fsck@dev-vda2', state: 'active', enabled: false },
    ]);
    expect(inventory.listeners).toEqual([
      { protocol: 'udp', address: '0.0.0.0', port: 68, process: 'dhclient' },
      { protocol: 'tcp', address: '0.0.0.0', port: 22, process: 'sshd' },
      { protocol: 'tcp', address: '::', port: 80, process: 'nginx' },
      { protocol: 'tcp', address: '::1', port: 5432, process: 'postgres' },
    ]);
    expect(inventory.databases).toEqual([
      { product: 'postgresql', version: '15', dataDirectory: '/var/lib/postgresql/15/main', process: 'postgres' },
    ]);
  });
});

describe('the inventory of a CentOS 7 with BIOS, MBR and an array', () => {
  const { inventory } = read(rhel7BiosRaid);

  it('reads what old tools write', () => {
    expect(inventory.boot).toEqual({ mode: 'bios', secureBoot: false, loader: 'grub' });
    expect(inventory.disks.map(({ path, table, model }) => [path, table, model])).toEqual([
      ['/dev/sda', 'mbr', 'PERC H710'],
      ['/dev/sdb', 'mbr', 'PERC H710'],
    ]);
    expect(
      inventory.disks[0]!.partitions.map(({ path, number, type, bootable, startBytes, content }) => [
        path,
        number,
        type,
        bootable,
        startBytes,
        content.type,
      ]),
    ).toEqual([
      ['/dev/sda1', 1, '83', true, 1048576, 'ext3'],
      ['/dev/sda2', 2, '05', false, 1074790400, 'extended'],
      ['/dev/sda5', 5, 'fd', false, 1075838976, 'linux_raid_member'],
    ]);
    expect(inventory.raids).toEqual([
      {
        path: '/dev/md126',
        level: 'raid1',
        devices: ['/dev/sda5', '/dev/sdb5'],
        sizeBytes: 99933487104,
        uuid: '0a0a0a0a:11112222:33334444:44444444',
        metadata: '1.2',
        content: expect.objectContaining({ type: 'xfs' }),
      },
    ]);
    expect(inventory.fileSystems.map(({ mount, options }) => [mount, options.includes('ro'), options.includes('rw')])).toEqual([
      ['/', false, true],
      ['/boot', true, false],
    ]);
    expect(inventory.swaps).toEqual([{ path: '/swap file', uuid: '', label: '', sizeBytes: 4194300 * 1024 }]);
    expect(inventory.selinux).toBe('enforcing');
    expect(inventory.interfaces).toEqual([
      expect.objectContaining({ name: 'em1', dhcp: true, configuredBy: 'ifcfg', gateways: ['198.51.100.1'] }),
    ]);
    expect(inventory.listeners.map(({ protocol, port, process }) => [protocol, port, process])).toEqual([
      ['tcp', 22, 'sshd'],
      ['tcp', 3306, 'mysqld'],
      ['udp', 323, 'chronyd'],
    ]);
  });

  it('finds databases where they work, by their options, or by their configuration', () => {
    expect(inventory.databases.map(({ product, version, dataDirectory }) => [product, version, dataDirectory])).toEqual([
      ['mysql', '5.7.44', '/data/mysql'],
      ['redis', '3.2.12', '/var/lib/redis'],
      ['mongodb', '4.4.29', '/var/lib/mongo'],
      ['oracle', '', ''],
    ]);
  });
});

describe('the inventory of a SLES with btrfs on a multipath disk', () => {
  const { inventory, facts } = read(slesBtrfsMultipath);

  it('takes the map for its paths, and disks without a table', () => {
    expect(
      inventory.disks.map(({ path, serial, table, model, logicalSectorBytes, readOnly }) => [
        path,
        serial,
        table,
        model,
        logicalSectorBytes,
        readOnly,
      ]),
    ).toEqual([
      ['/dev/nvme0n1', 'S4EV', 'none', 'Samsung SSD', 4096, false],
      ['/dev/nvme1n1', 'S4EW', 'gpt', 'Données', 512, true],
      ['/dev/mapper/mpatha', '600a0b80', 'gpt', 'LUN', 512, false],
    ]);
    expect(inventory.disks[2]!.partitions.map(({ path }) => path)).toEqual(['/dev/mapper/mpatha-part1', '/dev/mapper/mpatha-part2']);
    expect(inventory.disks[1]!.partitions[0]!.content.kind).toBe('crypt');
    expect(facts.crypttab).toHaveLength(1);
  });

  it('tells subvolumes from bind mounts', () => {
    expect(inventory.fileSystems.map(({ mount, subvolume }) => [mount, subvolume])).toEqual([
      ['/', '/@/.snapshots/1/snapshot'],
      ['/boot/efi', ''],
      ['/hana', ''],
      ['/home', '/@/home'],
    ]);
    expect(inventory.interfaces.map(({ name, dhcp, configuredBy }) => [name, dhcp, configuredBy])).toEqual([
      ['eth0', true, 'wicked'],
      ['eth0.7', false, 'unknown'],
    ]);
    expect(inventory.listeners).toEqual([
      { protocol: 'tcp', address: '127.0.0.1', port: 8080, process: '' },
      { protocol: 'tcp', address: '::', port: 22, process: '' },
    ]);
    expect(inventory.selinux).toBe('disabled');
  });
});

describe('an inventory that could not be read whole', () => {
  it('is empty there, and says where', () => {
    const sections = splitSections('noise\n@@m uname\nLinux\n1\nx86_64\nh\n\n@@m = 0\n\n@@m lvm\n\n@@m = 5\n\n@@m df\n/dev', '@@m');
    const { inventory, facts } = buildInventory(sections, 'now');
    expect(inventory.hostname).toBe('h');
    expect(facts.unread).toEqual(['lvm', 'df']);
    expect(inventory).toMatchObject({ disks: [], volumeGroups: [], fileSystems: [], interfaces: [], databases: [] });
  });
});

import type { Content, FileSystem, HostInventory, Partition } from './inventory';
import type { HostLayout } from './layout';
import { proposeLayout, type LayoutWishes } from './propose-layout';

const MIB = 1024 * 1024;
const GIB = 1024 * MIB;
const LINUX = '0fc63daf-8483-4772-8e79-3d69d8477de4';
const nothing: Content = { kind: 'empty', type: '', uuid: '', label: '' };

const fs = (type: string, uuid: string, label = ''): Content => ({ kind: 'filesystem', type, uuid, label });
const part = (number: number, sizeBytes: number, content: Content, more: Partial<Partition> = {}): Partition => ({
  ...{ path: `/dev/sda${number}`, number, startBytes: MIB, sizeBytes, type: LINUX, uuid: '', name: '', bootable: false, content },
  ...more,
});
const mounted = (mount: string, content: Content, device: string, usedBytes: number, more: Partial<FileSystem> = {}): FileSystem => ({
  ...{
    mount,
    device,
    type: content.type,
    uuid: content.uuid,
    label: content.label,
    options: [],
    subvolume: '',
    sizeBytes: 0,
    usedBytes,
    files: 1,
  },
  ...more,
});
const disk = (partitions: Partition[], more: Partial<HostInventory['disks'][number]> = {}) => ({
  ...{
    path: '/dev/sda',
    sizeBytes: 20 * GIB,
    serial: 's',
    model: '',
    logicalSectorBytes: 512,
    readOnly: false,
    table: 'gpt' as const,
    tableId: '',
  },
  partitions,
  ...more,
});

function host(more: Partial<HostInventory>): HostInventory {
  return {
    ...{ readAt: '', hostname: 'web', os: { id: 'debian', idLike: [], versionId: '12', prettyName: '' } },
    ...{ kernel: { release: '6.1.0', architecture: 'x86_64', commandLine: '' }, boot: { mode: 'bios', secureBoot: false, loader: 'grub' } },
    ...{ hardware: { cpus: 1, memoryBytes: GIB, vendor: '', product: '', virtualization: '' }, disks: [], volumeGroups: [], raids: [] },
    ...{ fileSystems: [], swaps: [], fstab: [], interfaces: [], services: [], listeners: [], databases: [] },
    ...{ packages: { manager: 'dpkg', count: 0 }, selinux: 'absent', tools: {} },
    ...more,
  };
}

const wishes = (more: Partial<LayoutWishes> = {}): LayoutWishes => ({ boot: null, excludeMounts: [], sizes: [], imageBytes: 0, ...more });
const target = (...sizes: number[]) => sizes.map((sizeBytes, at) => ({ disk: `disk-${at}`, sizeBytes }));
const shown = (layout: HostLayout) =>
  layout.disks.map((one) =>
    one.partitions.map(({ number, sizeBytes, content }) => {
      const what =
        content.kind === 'filesystem'
          ? content.mounts.map(({ mount }) => mount).join('+')
          : content.kind === 'pv'
            ? `pv ${content.volumeGroup}`
            : content.kind;
      return `${number} ${what} ${sizeBytes / MIB}`;
    }),
  );

const root = fs('ext4', 'root-uuid', 'root');
const plain = host({
  disks: [
    disk([part(1, MIB, nothing), part(2, 10 * GIB, root), part(3, GIB, { kind: 'swap', type: 'swap', uuid: 'swap-uuid', label: '' })]),
  ],
  fileSystems: [mounted('/', root, '/dev/sda2', 2 * GIB)],
  swaps: [{ path: '/dev/sda3', uuid: 'swap-uuid', label: '', sizeBytes: GIB }],
});

describe('a proposed layout', () => {
  it('makes an image as large as the source needs, with UUIDs and labels kept', () => {
    const { layout } = proposeLayout(plain, 'image', wishes());
    expect(shown(layout)).toEqual([['1 bios-boot 1', '2 / 10240', '3 swap 1024']]);
    expect(layout.disks[0]).toMatchObject({ disk: 'image', table: 'gpt', sizeBytes: 11 * GIB + 3 * MIB });
    expect(layout.disks[0]?.partitions[1]?.content).toEqual({
      kind: 'filesystem',
      type: 'ext4',
      uuid: 'root-uuid',
      label: 'root',
      mounts: [{ mount: '/', subvolume: '' }],
    });
  });

  it('gives the rest of a larger disk to the largest filesystem', () => {
    const { layout } = proposeLayout(plain, target(20 * GIB), wishes());
    expect(shown(layout)).toEqual([['1 bios-boot 1', `2 / ${19 * 1024 - 3}`, '3 swap 1024']]);
  });

  it('shrinks to what is used and room to work, and says so', () => {
    const { layout, notes } = proposeLayout(plain, target(4 * GIB), wishes());
    const total = layout.disks[0]?.partitions.reduce((sum, { sizeBytes }) => sum + sizeBytes, 2 * MIB) ?? 0;
    expect(total).toBeLessThanOrEqual(4 * GIB);
    expect(total).toBeGreaterThan(4 * GIB - 8 * MIB);
    expect(layout.disks[0]?.partitions[1]?.sizeBytes).toBeGreaterThan(2.2 * GIB);
    expect(notes).toEqual(['/, swap: smaller than at the source']);
  });

  it('refuses a disk that cannot hold what is used', () => {
    expect(() => proposeLayout(plain, target(2 * GIB), wishes())).toThrow(expect.objectContaining({ code: 'LAYOUT_DOES_NOT_FIT' }));
    expect(() => proposeLayout(plain, target(), wishes())).toThrow(expect.objectContaining({ code: 'LAYOUT_NO_DISK' }));
  });

  it('shrinks nothing but swap of what is carried by its blocks', () => {
    const { layout, notes } = proposeLayout(plain, target(10.75 * GIB), wishes({ whole: true }));
    expect(layout.disks[0]?.partitions.find(({ content }) => content.kind === 'filesystem')?.sizeBytes).toBe(10 * GIB);
    expect(notes).toEqual(['swap: smaller than at the source']);
    expect(() => proposeLayout(plain, target(10 * GIB), wishes({ whole: true }))).toThrow(
      expect.objectContaining({ code: 'LAYOUT_DOES_NOT_FIT' }),
    );
  });

  it('leaves room for the loader where an MBR cannot hold the partitions', () => {
    const contents = ['/', '/var', '/tmp', '/home', '/srv'].map((mount) => [mount, fs('ext4', mount)] as const);
    const source = host({
      disks: [
        disk(
          contents.map(([, content], at) => part(at + 1, GIB, content, { type: '83' })),
          { table: 'mbr' },
        ),
      ],
      fileSystems: contents.map(([mount, content], at) => mounted(mount, content, `/dev/sda${at + 1}`, 100 * MIB)),
    });
    for (const place of ['image', target(20 * GIB)] as const) {
      const [planned] = proposeLayout(source, place, wishes()).layout.disks;
      expect(planned?.table).toBe('gpt');
      expect(planned?.partitions[0]?.content).toEqual({ kind: 'bios-boot' });
      const taken = planned?.partitions.reduce((sum, { sizeBytes }) => sum + sizeBytes, 2 * MIB);
      expect(taken).toBeLessThanOrEqual(planned!.sizeBytes);
    }
  });

  it('refuses a size for what the source does not have', () => {
    const sizes = [{ mount: '/dta', sizeBytes: GIB }];
    expect(() => proposeLayout(plain, 'image', wishes({ sizes }))).toThrow(expect.objectContaining({ code: 'LAYOUT_SIZE_UNKNOWN' }));
  });

  it('holds to wished sizes', () => {
    const { layout } = proposeLayout(
      plain,
      target(20 * GIB),
      wishes({
        sizes: [
          { mount: '/', sizeBytes: 5 * GIB },
          { mount: 'swap', sizeBytes: 512 * MIB },
        ],
      }),
    );
    expect(shown(layout)).toEqual([['1 bios-boot 1', '2 / 5120', '3 swap 512']]);
    const large = wishes({ sizes: [{ mount: '/', sizeBytes: 30 * GIB }] });
    expect(() => proposeLayout(plain, target(20 * GIB), large)).toThrow(expect.objectContaining({ code: 'LAYOUT_DOES_NOT_FIT' }));
  });

  it('keeps an MBR, its flag and its types where four partitions suffice', () => {
    const mbr = host({
      ...plain,
      disks: [
        disk([part(1, GIB, fs('ext4', 'boot-uuid'), { type: '83', bootable: true }), part(5, 8 * GIB, root, { type: '83' })], {
          table: 'mbr',
        }),
      ],
      fileSystems: [mounted('/', root, '/dev/sda5', GIB), mounted('/boot', fs('ext4', 'boot-uuid'), '/dev/sda1', 100 * MIB)],
      swaps: [],
    });
    const { layout } = proposeLayout(mbr, target(20 * GIB), wishes());
    expect(layout.disks[0]?.table).toBe('mbr');
    expect(layout.disks[0]?.partitions.map(({ type, bootable }) => ({ type, bootable }))).toContainEqual({ type: '83', bootable: true });
    expect(proposeLayout(mbr, target(3 * 1024 * GIB), wishes()).layout.disks[0]?.table).toBe('gpt');
  });

  it('keeps volume groups and their free room, and the EFI partition in front', () => {
    const esp = fs('vfat', 'AAAA-BBBB');
    const home = fs('xfs', 'home-uuid');
    const uefi = host({
      boot: { mode: 'uefi', secureBoot: false, loader: 'grub' },
      disks: [
        disk([
          part(1, 200 * MIB, esp, { type: 'c12a7328-f81f-11d2-ba4b-00a0c93ec93b' }),
          part(2, 19 * GIB, { kind: 'lvm', type: 'LVM2_member', uuid: 'pv', label: '' }),
        ]),
      ],
      volumeGroups: [
        {
          ...{ name: 'vg0', extentBytes: 4 * MIB, sizeBytes: 19 * GIB, freeBytes: 0, devices: ['/dev/sda2'] },
          volumes: [
            { name: 'root', path: '/dev/vg0/root', sizeBytes: 8 * GIB, layout: 'linear', content: root },
            { name: 'home', path: '/dev/vg0/home', sizeBytes: 4 * GIB, layout: 'linear', content: home },
          ],
        },
      ],
      fileSystems: [
        mounted('/', root, '/dev/mapper/vg0-root', GIB),
        mounted('/home', home, '/dev/mapper/vg0-home', GIB),
        mounted('/boot/efi', esp, '/dev/sda1', 10 * MIB),
      ],
    });
    const { layout } = proposeLayout(uefi, target(16 * GIB), wishes());
    expect(shown(layout)).toEqual([['1 /boot/efi 200', `2 pv vg0 ${16 * 1024 - 202}`]]);
    expect(layout.volumeGroups).toMatchObject([
      {
        name: 'vg0',
        volumes: [
          { name: 'root', sizeBytes: 8 * GIB },
          { name: 'home', sizeBytes: 4 * GIB },
        ],
      },
    ]);
    const small = proposeLayout(uefi, target(6 * GIB), wishes()).layout;
    const volumes = small.volumeGroups[0]?.volumes.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0) ?? 0;
    expect(volumes).toBeLessThanOrEqual((small.disks[0]?.partitions[1]?.sizeBytes ?? 0) - 4 * MIB);
    expect(small.volumeGroups[0]?.volumes.every(({ sizeBytes }) => sizeBytes % (4 * MIB) === 0)).toBe(true);
  });

  it('makes plain partitions of arrays, and leaves out what is not mounted', () => {
    const raid = host({
      disks: [
        disk([part(1, 10 * GIB, { kind: 'raid', type: 'linux_raid_member', uuid: 'm', label: '' }), part(2, GIB, fs('ntfs', 'n'))]),
        disk([part(1, 10 * GIB, { kind: 'raid', type: 'linux_raid_member', uuid: 'm', label: '' }, { path: '/dev/sdb1' })], {
          path: '/dev/sdb',
        }),
      ],
      raids: [
        {
          path: '/dev/md0',
          level: 'raid1',
          devices: ['/dev/sda1', '/dev/sdb1'],
          sizeBytes: 10 * GIB,
          uuid: 'm',
          metadata: '1.2',
          content: root,
        },
      ],
      fileSystems: [mounted('/', root, '/dev/md0', GIB)],
    });
    const { layout, notes } = proposeLayout(raid, 'image', wishes());
    expect(shown(layout)).toEqual([['1 bios-boot 1', '2 / 10240']]);
    expect(layout.excluded).toEqual(['/dev/sda2 (ntfs)']);
    expect(notes).toHaveLength(2);
  });

  it('takes subvolumes as mounts of one filesystem, and bind mounts not at all', () => {
    const btrfs = fs('btrfs', 'b');
    const data = fs('ext4', 'd');
    const inventory = host({
      disks: [disk([part(1, 10 * GIB, btrfs), part(2, 5 * GIB, data)])],
      fileSystems: [
        mounted('/home', btrfs, '/dev/sda1', GIB, { subvolume: '/@home' }),
        mounted('/', btrfs, '/dev/sda1', GIB, { subvolume: '/@' }),
        mounted('/srv/data', data, '/dev/sda2', GIB),
        mounted('/var/www/data', data, '/dev/sda2', GIB),
      ],
    });
    const { layout } = proposeLayout(inventory, 'image', wishes());
    expect(shown(layout)).toEqual([['1 bios-boot 1', '2 /+/home 10240', '3 /srv/data 5120']]);
    const without = proposeLayout(inventory, 'image', wishes({ excludeMounts: ['/srv'] })).layout;
    expect(shown(without)).toEqual([['1 bios-boot 1', '2 /+/home 10240', '3 /var/www/data 5120']]);
  });

  it('spreads several disks as at the source, with what boots on the first', () => {
    const data = fs('xfs', 'd');
    const two = host({
      ...plain,
      disks: [...plain.disks, disk([part(1, 30 * GIB, data, { path: '/dev/sdb1' })], { path: '/dev/sdb', sizeBytes: 30 * GIB })],
      fileSystems: [...plain.fileSystems, mounted('/data', data, '/dev/sdb1', 6 * GIB)],
    });
    const spread = proposeLayout(two, target(12 * GIB, 31 * GIB), wishes()).layout;
    expect(shown(spread).map((own) => own.map((text) => text.split(' ')[1]))).toEqual([['bios-boot', '/', 'swap'], ['/data']]);
    const one = proposeLayout(two, target(60 * GIB), wishes()).layout;
    expect(shown(one)[0]).toHaveLength(4);
    // The second disk is too small for what stood there: there is room on the first.
    const other = proposeLayout(two, target(40 * GIB, 4 * GIB), wishes()).layout;
    expect(shown(other)).toHaveLength(1);
  });

  it('refuses a source whose root cannot be made', () => {
    const zfs = host({ fileSystems: [mounted('/', fs('zfs', 'z'), 'rpool/root', GIB)] });
    expect(() => proposeLayout(zfs, 'image', wishes())).toThrow(expect.objectContaining({ code: 'LAYOUT_NOTHING_TO_BOOT' }));
  });
});

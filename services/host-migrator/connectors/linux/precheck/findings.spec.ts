import type { HostLayout } from '../../../domain/layout';
import { buildInventory, type ReadHost } from '../inventory/build-inventory';
import { debianUefiLvm } from '../inventory/fixtures/debian-uefi-lvm';
import { rhel7BiosRaid } from '../inventory/fixtures/rhel7-bios-raid';
import { slesBtrfsMultipath } from '../inventory/fixtures/sles-btrfs-multipath';
import { scopeWith } from '../../../testkit/host-scope';
import { isCovered } from './covered-path';
import { estimateOf, sourceFindings } from './source-findings';
import { confirmationFindings, targetFindings } from './target-findings';

const read = (texts: Record<string, string>): ReadHost =>
  buildInventory(new Map(Object.entries(texts).map(([name, text]) => [name, { text, status: 0 }])), 'now');
const ABLE = { abilities: '--xattrs \n--acls \n--selinux \n--sparse \n--null ' };
const debian = read({ ...debianUefiLvm, ...ABLE });
const codes = (found: { severity: string; code: string }[]) => found.map(({ severity, code }) => `${severity} ${code}`);
/** A rescue system: nothing of its disks is mounted. */
const rescue = (change: Record<string, string> = {}): ReadHost =>
  read({
    ...debianUefiLvm,
    mounts: '1 0 0:1 / / rw - rootfs rootfs rw\n',
    links: '2: eth0: <UP> mtu 1500\\    link/ether 52:54:00:00:00:99 brd ff:ff:ff:ff:ff:ff\n',
    tools: 'tar tar (GNU tar) 1.34\nsfdisk\nlvm\nmkfs.ext4\nmkfs.xfs\nmkfs.vfat\n',
    ...change,
  });

describe('findings of a source', () => {
  it('names what stands in the way of a Debian, and what is worth knowing', () => {
    expect(codes(sourceFindings(debian, scopeWith()))).toEqual([
      'note HOST_NETWORK_MOUNT',
      'blocker HOST_DATABASE_OPEN',
      'warning HOST_SECURE_BOOT',
      'note HOST_BOOT_SEPARATE',
      'warning HOST_CONTAINERS',
    ]);
  });

  it('lets a database pass that is left out or stopped', () => {
    const of = (change: object) => codes(sourceFindings(debian, scopeWith(change))).filter((code) => code.includes('DATABASE'));
    expect(of({ exclude: ['/var/lib/postgresql/**'] })).toEqual(['note HOST_DATABASE_EXCLUDED']);
    expect(of({ exclude: ['/var/lib/postgresql'] })).toEqual(['note HOST_DATABASE_EXCLUDED']);
    expect(of({ exclude: ['/var/lib/postgresq'] })).toEqual(['blocker HOST_DATABASE_OPEN']);
    expect(of({ excludeMounts: ['/var'] })).toEqual(['note HOST_DATABASE_EXCLUDED']);
    expect(of({ stopServices: ['postgresql@15-main'] })).toEqual(['warning HOST_DATABASE_STOPPED']);
  });

  it('names what an old system cannot do', () => {
    const found = sourceFindings(read(rhel7BiosRaid), scopeWith());
    expect(codes(found)).toEqual(
      expect.arrayContaining(['warning HOST_TAR_OLD', 'note HOST_SELINUX_RELABEL', 'note HOST_SWAP_FILE', 'blocker HOST_DATABASE_OPEN']),
    );
    expect(codes(found).filter((code) => code.includes('DATABASE_OPEN'))).toHaveLength(4);
  });

  it('names busybox, missing rights, encryption, missing drivers, and nodes of Kubernetes', () => {
    const poor = read({
      ...slesBtrfsMultipath,
      identity: '1000\n1\n',
      tools: 'tar tar (busybox) 1.35.0\nfind BusyBox v1.35.0',
      containers: 'containerd\nkubelet',
    });
    expect(codes(sourceFindings(poor, scopeWith()))).toEqual([
      'blocker HOST_NOT_ROOT',
      'blocker HOST_TAR_UNFIT',
      'blocker HOST_FIND_UNFIT',
      'warning HOST_ENCRYPTED',
      'warning HOST_NO_VIRTIO',
      'warning HOST_KUBERNETES_NODE',
    ]);
    expect(codes(sourceFindings(poor, scopeWith({ engine: 'blocks' })))).not.toContain('blocker HOST_TAR_UNFIT');
  });

  it('refuses filesystems that it cannot make, unless they are left out', () => {
    const zfs = read({ ...debianUefiLvm, ...ABLE, mounts: `${debianUefiLvm['mounts']}50 27 0:50 / /tank rw - zfs tank rw\n` });
    expect(codes(sourceFindings(zfs, scopeWith()))).toContain('blocker HOST_FILESYSTEM_UNSUPPORTED');
    const without = codes(sourceFindings(zfs, scopeWith({ excludeMounts: ['/tank'] })));
    expect(without).not.toContain('blocker HOST_FILESYSTEM_UNSUPPORTED');
    expect(without).toContain('note HOST_MOUNT_EXCLUDED');
  });

  it('refuses a network plan of an interface that is not there', () => {
    const plan = { source: 'eth9', mode: 'dhcp' as const, addresses: [], gateway: '', nameServers: [], mac: '' };
    const found = sourceFindings(debian, scopeWith({ network: [plan] }));
    expect(codes(found)).toContain('blocker HOST_INTERFACE_UNKNOWN');
    const there = { ...plan, source: debian.inventory.interfaces[0]!.name };
    expect(codes(sourceFindings(debian, scopeWith({ network: [there] })))).not.toContain('blocker HOST_INTERFACE_UNKNOWN');
  });

  it('warns of what is asked for and is not there', () => {
    const fstab = `${debianUefiLvm['fstab']}/dev/sdz1 /backup ext4 nofail 0 0\n/dev/sdy1 /never ext4 noauto 0 0\n`;
    const found = sourceFindings(
      read({ ...debianUefiLvm, ...ABLE, fstab }),
      scopeWith({ excludeMounts: ['/nowhere'], stopServices: ['nginx', 'no-such'] }),
    );
    expect(found.filter(({ severity }) => severity === 'warning').map(({ code, message }) => `${code} ${message}`)).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^HOST_EXCLUDED_MOUNT_UNKNOWN .*\/nowhere/),
        expect.stringMatching(/^HOST_FSTAB_NOT_MOUNTED .*\/backup/),
        expect.stringMatching(/^HOST_SERVICE_UNKNOWN .*no-such/),
      ]),
    );
    expect(JSON.stringify(found)).not.toContain('/never');
  });

  it('estimates what is chosen', () => {
    expect(estimateOf(debian.inventory, scopeWith({ excludeMounts: ['/srv/my data'] }))).toEqual({
      files: 46028,
      bytes: (3213880 + 93000 + 5900) * 1024,
    });
  });
});

describe('findings of a target', () => {
  it('has nothing against a rescue system with room', () => {
    expect(codes(targetFindings(debian, rescue(), scopeWith(), null))).toEqual([]);
  });

  it('refuses a machine that runs from its disks, unless it is to be taken over', () => {
    const running = read({ ...debianUefiLvm, links: '', tools: '' });
    expect(codes(targetFindings(debian, running, scopeWith(), null))).toEqual([
      'blocker HOST_TARGET_NOT_RESCUE',
      'blocker HOST_TOOL_MISSING',
    ]);
    expect(codes(targetFindings(debian, running, scopeWith({ takeOverTarget: true }), null))).toEqual(['warning HOST_TARGET_TAKEN_OVER']);
  });

  it('refuses the same machine, another architecture and disks that are too small', () => {
    const boot = { identity: `${debianUefiLvm['identity']}\nboot 11111111-2222-3333-4444-555555555555` };
    const source = read({ ...debianUefiLvm, ...boot });
    expect(codes(targetFindings(source, rescue({ ...boot, links: debianUefiLvm['links']! }), scopeWith(), null))).toEqual([
      'blocker HOST_SAME_MACHINE',
    ]);
    expect(codes(targetFindings(source, rescue(boot), scopeWith(), null))).toEqual([]);
    const uname = 'Linux\n6.1\naarch64\nt';
    const lsblk =
      'NAME="vda" KNAME="vda" PKNAME="" MAJ:MIN="254:0" TYPE="disk" SIZE="1073741824" RO="0" MODEL="" LOG-SEC="512" SERIAL="s"\n';
    expect(
      codes(targetFindings(source, rescue({ uname, lsblk, firmware: 'bios', identity: '0\n1718000100\n' }), scopeWith(), null)),
    ).toEqual([
      'blocker HOST_ARCHITECTURE_DIFFERS',
      'warning HOST_CLOCK_SKEW',
      'blocker HOST_DISKS_TOO_SMALL',
      'warning HOST_BOOT_MODE_DIFFERS',
    ]);
  });

  it('looks at the directory alone where it writes below one', () => {
    const scope = scopeWith({ targetDirectory: '/mnt' });
    const running = read({ ...debianUefiLvm, links: '' });
    expect(codes(targetFindings(debian, running, scope, null))).toEqual(['blocker HOST_DIRECTORY_MISSING']);
    expect(codes(targetFindings(debian, running, scope, 1_000))).toEqual(['blocker HOST_DIRECTORY_TOO_SMALL']);
    expect(codes(targetFindings(debian, running, scope, 1e12))).toEqual([]);
  });

  it('asks for the serial of each disk that would be overwritten', () => {
    const layout = { boot: 'uefi', disks: [{ disk: 'vol-1' }, { disk: 'image' }], volumeGroups: [], excluded: [] } as unknown as HostLayout;
    const [found] = confirmationFindings(layout, debian.inventory.disks, []);
    expect(found).toMatchObject({
      severity: 'blocker',
      code: 'HOST_DISK_NOT_CONFIRMED',
      message: expect.stringMatching(/vol-1 \(\/dev\/vda, 50 GiB, with 3 partitions\)/),
    });
    expect(confirmationFindings(layout, debian.inventory.disks, ['vol-1'])).toEqual([]);
  });
});

describe('a path', () => {
  it.each([
    ['/var/cache', ['/var/cache'], true],
    ['/var/cache/apt', ['/var/cache/'], true],
    ['/var/cache', ['/var/cache/*'], true],
    ['/var/cached', ['/var/cache'], false],
    ['/home/a/.cache/x', ['/home/*/.cache'], true],
    ['/home/a/b/.cache', ['/home/*/.cache'], false],
    ['/home/a/b/.cache', ['/home/**/.cache'], true],
    ['/a+b', ['/a+b'], true],
    ['/aab', ['/a+b'], false],
    ['/x', ['/'], false],
  ] as [string, string[], boolean][])('%s is covered by %j: %s', (path, patterns, covered) => {
    expect(isCovered(path, patterns)).toBe(covered);
  });
});

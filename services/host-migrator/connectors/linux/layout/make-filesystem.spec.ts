import { makeCommand } from './make-filesystem';
import { layoutId, partitionPath, partitionScript } from './partition-script';
import type { ContentPlan, DiskPlan, HostLayout } from '../../../domain/layout';
import { resolveDisks } from './target-disks';

type FileSystemPlan = Extract<ContentPlan, { kind: 'filesystem' }>;

const MIB = 1024 * 1024;
const GIB = 1024 * MIB;
const of = (type: FileSystemPlan['type'], uuid = 'u-u', label = 'l'): FileSystemPlan => ({
  kind: 'filesystem',
  type,
  uuid,
  label,
  mounts: [],
});
const made = (content: Parameters<typeof makeCommand>[0], kernelRelease: string, more: { sizeBytes?: number; files?: number } = {}) =>
  makeCommand(content, '/dev/x', { kernelRelease, sizeBytes: GIB, files: 0, ...more }).join(' ');

describe('filesystems are made', () => {
  it('so that the source’s kernel, tools and GRUB read them', () => {
    expect(made(of('ext4'), '6.1.0')).toBe('mkfs.ext4 -q -F -I 256 -O ^metadata_csum_seed,^orphan_file -U u-u -L l /dev/x');
    expect(made(of('ext4'), '3.10.0-1160.el7')).toContain('-O ^metadata_csum_seed,^orphan_file,^metadata_csum,^64bit ');
    expect(made(of('ext3', '', ''), '6.1.0')).toBe('mkfs.ext3 -q -F -I 256 /dev/x');
    expect(made(of('xfs'), '5.14.0')).toContain('crc=1,finobt=1,reflink=1,bigtime=1,inobtcount=1,uuid=u-u -i sparse=1,nrext64=0');
    expect(made(of('xfs'), '4.18.0')).toContain('reflink=1,bigtime=0,inobtcount=0');
    expect(made(of('xfs'), '3.10.0')).toContain('finobt=0,reflink=0,bigtime=0,inobtcount=0,uuid=u-u -i sparse=0,nrext64=0');
    expect(made(of('btrfs'), '4.4.0')).toContain('-O ^no-holes,^free-space-tree');
    expect(made(of('vfat', 'ABCD-1234', ''), '6.1.0')).toBe('mkfs.vfat -F 32 -i ABCD1234 /dev/x');
    expect(made({ kind: 'swap', uuid: 's', label: '' }, '6.1.0')).toBe('mkswap --force --uuid s /dev/x');
  });

  it('with room for all files of the source', () => {
    expect(made(of('ext4'), '6.1.0', { files: 10_000 })).not.toContain('-N');
    expect(made(of('ext4'), '6.1.0', { files: 1_000_000 })).toContain('-N 1310000');
  });
});

describe('partitions', () => {
  const plan: DiskPlan = {
    ...{ disk: 'serial', sizeBytes: 10 * GIB, table: 'gpt' },
    partitions: [
      {
        number: 1,
        sizeBytes: MIB,
        type: '21686148-6449-6e6f-744e-656564454649',
        name: 'bios-boot',
        bootable: false,
        content: { kind: 'bios-boot' },
      },
      { number: 2, sizeBytes: 5 * GIB, type: '83', name: 'a"b\n: c', bootable: true, content: { kind: 'empty' } },
    ],
  };
  const layout: HostLayout = { boot: 'bios', disks: [plan], volumeGroups: [], excluded: [] };

  it('follow each other on whole mebibytes, and a name cannot say more than a name', () => {
    expect(partitionScript(plan)).toBe(
      'label: gpt\nunit: sectors\n\n1 : start=2048, size=2048, type=21686148-6449-6e6f-744e-656564454649, name="bios-boot"\n2 : start=4096, size=10485760, type=83, name="a b : c"\n',
    );
    expect(partitionScript({ ...plan, table: 'mbr' })).toContain('2 : start=4096, size=10485760, type=83, bootable\n');
    expect([partitionPath('/dev/sda', 1), partitionPath('/dev/nvme0n1', 2)]).toEqual(['/dev/sda1', '/dev/nvme0n1p2']);
  });

  it('are known again by an id that depends on all of the layout', () => {
    const id = layoutId(layout, plan);
    expect(id).toMatch(/^[0-9A-F]{8}-[0-9A-F]{4}-8[0-9A-F]{3}-A[0-9A-F]{3}-[0-9A-F]{12}$/);
    expect(layoutId({ ...layout, excluded: ['/mnt'] }, plan)).toBe(id);
    expect(layoutId({ ...layout, volumeGroups: [{ name: 'vg', volumes: [] }] }, plan)).not.toBe(id);
    expect(layoutId(layout, { ...plan, table: 'mbr' })).toMatch(/^0x[0-9a-f]{8}$/);
  });

  it('are made on disks alone that somebody has confirmed by their serial', () => {
    const found = [{ path: '/dev/vda', sizeBytes: 10 * GIB, serial: 'serial', readOnly: false }];
    const refused = (confirmed: string[], disks = found) => {
      try {
        return resolveDisks(layout, disks, confirmed);
      } catch (error) {
        return (error as { code: string }).code;
      }
    };
    expect(refused(['serial'])).toEqual(new Map([['serial', '/dev/vda']]));
    expect(refused([])).toBe('HOST_DISK_NOT_CONFIRMED');
    expect(refused(['/dev/vda'])).toBe('HOST_DISK_NOT_CONFIRMED');
    expect(refused(['serial'], [{ ...found[0]!, sizeBytes: GIB }])).toBe('HOST_DISK_TOO_SMALL');
    expect(refused(['serial'], [{ ...found[0]!, readOnly: true }])).toBe('HOST_DISK_NOT_FOUND');
    expect(refused(['serial'], [{ ...found[0]!, serial: 'other' }])).toBe('HOST_DISK_NOT_FOUND');
  });
});

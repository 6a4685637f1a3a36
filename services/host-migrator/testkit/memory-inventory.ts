import type { HostInventory } from '../domain/inventory';
import type { HostLayout } from '../domain/layout';
import type { MemoryHost } from './memory-host';

/** A small machine with one disk. */
export function inventoryOf(host: MemoryHost): HostInventory {
  const usedBytes = [...host.files.values()].join('').length;
  const root = { kind: 'filesystem', type: 'ext4', uuid: 'u-root', label: '' } as const;
  return {
    readAt: '2026-01-01T00:00:00.000Z',
    hostname: 'web-01',
    os: { id: 'debian', idLike: [], versionId: '12', prettyName: 'Debian GNU/Linux 12' },
    kernel: { release: '6.1.0', architecture: 'x86_64', commandLine: 'ro' },
    boot: { mode: 'bios', secureBoot: false, loader: 'grub' },
    hardware: { cpus: 2, memoryBytes: 2 ** 30, vendor: 'memory', product: 'test', virtualization: 'none' },
    disks: [
      {
        path: '/dev/vda',
        sizeBytes: 2 ** 30,
        serial: 'SRC1',
        model: '',
        logicalSectorBytes: 512,
        readOnly: false,
        table: 'mbr',
        tableId: '',
        partitions: [
          {
            path: '/dev/vda1',
            number: 1,
            startBytes: 2 ** 20,
            sizeBytes: 2 ** 29,
            type: '83',
            uuid: '',
            name: '',
            bootable: true,
            content: root,
          },
        ],
      },
    ],
    volumeGroups: [],
    raids: [],
    fileSystems: [
      {
        mount: '/',
        device: '/dev/vda1',
        type: 'ext4',
        uuid: 'u-root',
        label: '',
        options: ['rw'],
        subvolume: '',
        sizeBytes: 2 ** 29,
        usedBytes,
        files: host.files.size,
      },
    ],
    swaps: [],
    fstab: [],
    interfaces: [],
    services: [{ name: 'shop.service', state: 'running', enabled: true }],
    listeners: [],
    databases: [],
    packages: { manager: 'dpkg', count: 1 },
    selinux: 'absent',
    tools: { tar: '1.34' },
  };
}

export function layoutOf(_host: MemoryHost): HostLayout {
  const mounts = [{ mount: '/', subvolume: '' }];
  const content = { kind: 'filesystem', type: 'ext4', uuid: 'u-root', label: '', mounts } as const;
  const partition = { number: 1, sizeBytes: 2 ** 29, type: '83', name: '', bootable: true, content };
  return {
    boot: 'bios',
    disks: [{ disk: 'DISK1', sizeBytes: 2 ** 30, table: 'mbr', partitions: [partition] }],
    volumeGroups: [],
    excluded: [],
  };
}

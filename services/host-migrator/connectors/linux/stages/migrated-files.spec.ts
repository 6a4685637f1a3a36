import type { HostInventory } from '../../../domain/inventory';
import type { HostLayout } from '../../../domain/layout';
import { assertPlaced, migratedFileSystems } from './migrated-files';

const fileSystem = (mount: string, uuid: string, type = 'ext4'): HostInventory['fileSystems'][number] => ({
  ...{ mount, device: `/dev/${uuid}`, type, uuid, label: '', options: [], subvolume: '' },
  ...{ sizeBytes: 1, usedBytes: 1, files: 1 },
});
const layoutOf = (...mounts: string[]): HostLayout => ({
  boot: 'bios',
  disks: [],
  volumeGroups: [
    {
      name: 'all',
      volumes: mounts.map((mount, at) => ({
        name: `v${at}`,
        sizeBytes: 1,
        content: { kind: 'filesystem', type: 'ext4', uuid: '', label: '', mounts: [{ mount, subvolume: '' }] },
      })),
    },
  ],
  excluded: [],
});

describe('what is carried of a source', () => {
  const fileSystems = [fileSystem('/', 'a'), fileSystem('/home', 'b'), fileSystem('/srv/again', 'b')];

  it('has a place in the layout, or is left out on purpose', () => {
    expect(() => assertPlaced(layoutOf('/', '/home'), { fileSystems }, { excludeMounts: [] })).not.toThrow();
    expect(() => assertPlaced(layoutOf('/'), { fileSystems }, { excludeMounts: ['/home', '/srv'] })).not.toThrow();
    expect(() => assertPlaced(layoutOf('/'), { fileSystems }, { excludeMounts: [] })).toThrow(
      expect.objectContaining({ code: 'LAYOUT_LACKS_MOUNT', message: expect.stringContaining('/home') as string }),
    );
  });

  it('is nothing below a mount that is left out', () => {
    const nested = [fileSystem('/', 'a'), fileSystem('/data', 'b'), fileSystem('/data/more', 'c')];
    const carried = migratedFileSystems({ fileSystems: nested }, null, { excludeMounts: ['/data'] });
    expect(carried.map(({ mount }) => mount)).toEqual(['/']);
  });
});

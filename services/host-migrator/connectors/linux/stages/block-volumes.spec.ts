import { buildInventory } from '../inventory/build-inventory';
import { debianUefiLvm } from '../inventory/fixtures/debian-uefi-lvm';
import { slesBtrfsMultipath } from '../inventory/fixtures/sles-btrfs-multipath';
import { proposeLayout } from '../../../domain/propose-layout';
import type { HostLayout } from '../../../domain/layout';
import { assertTakesBlocks, blockVolumes, mountsByBlocks } from './block-volumes';

const read = (texts: Record<string, string>) =>
  buildInventory(new Map(Object.entries(texts).map(([name, text]) => [name, { text, status: 0 }])), 'now').inventory;
const propose = (inventory: ReturnType<typeof read>) =>
  proposeLayout(inventory, 'image', { boot: null, excludeMounts: [], sizes: [], imageBytes: 0, whole: true }).layout;
const refusal = (layout: HostLayout, inventory: ReturnType<typeof read>) => {
  try {
    assertTakesBlocks(layout, inventory);
    return null;
  } catch (error) {
    return (error as { code: string }).code;
  }
};

describe('volumes of a layout that come by their blocks', () => {
  const debian = read(debianUefiLvm);
  const layout = propose(debian);

  it('are those of mounted filesystems, each with its device at the target', () => {
    const volumes = blockVolumes(debian, layout, new Map([['image', '/dev/vda']]));
    expect(volumes.map(({ mount, type, targetDevice }) => `${mount} ${type} ${targetDevice}`)).toEqual([
      '/boot ext4 /dev/vda1',
      '/boot/efi vfat /dev/vda2',
      '/ ext4 /dev/sys/root',
      expect.stringMatching(/^\/srv\/my data xfs \/dev\/sys\//),
    ]);
    expect(mountsByBlocks(debian, layout)).toEqual(new Set(['/boot', '/boot/efi', '/', '/srv/my data']));
  });

  it('have one name for each filesystem with subvolumes', () => {
    const sles = read(slesBtrfsMultipath);
    const own = propose(sles);
    expect(blockVolumes(sles, own, new Map()).map(({ mount }) => mount)).toEqual(['/', '/boot/efi', '/hana']);
    expect([...mountsByBlocks(sles, own)]).toContain('/home');
  });

  it('are refused with less room, or of another type', () => {
    expect(refusal(layout, debian)).toBeNull();
    const changed = (change: (first: HostLayout['disks'][number]['partitions'][number]) => void) => {
      const copy = structuredClone(layout);
      change(copy.disks[0]!.partitions.find(({ content }) => content.kind === 'filesystem')!);
      return copy;
    };
    expect(
      refusal(
        changed((first) => (first.sizeBytes -= 1_048_576)),
        debian,
      ),
    ).toBe('HOST_VOLUME_TOO_SMALL');
    expect(
      refusal(
        changed((first) => Object.assign(first.content, { type: 'xfs' })),
        debian,
      ),
    ).toBe('HOST_BLOCKS_UNFIT');
  });
});

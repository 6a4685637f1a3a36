import type { HostLayout } from '../../../domain/layout';
import { proposeLayout } from '../../../domain/propose-layout';
import type { BootFacts } from '../boot/boot-facts';
import { planFstab } from '../boot/plan-fstab';
import { buildInventory } from '../inventory/build-inventory';
import { debianUefiLvm } from '../inventory/fixtures/debian-uefi-lvm';
import { rhel7BiosRaid } from '../inventory/fixtures/rhel7-bios-raid';
import { slesBtrfsMultipath } from '../inventory/fixtures/sles-btrfs-multipath';

const read = (texts: Record<string, string>) =>
  buildInventory(new Map(Object.entries(texts).map(([name, text]) => [name, { text, status: 0 }])), '2026-01-01T00:00:00.000Z').inventory;
const propose = (texts: Record<string, string>) =>
  proposeLayout(read(texts), 'image', { boot: null, excludeMounts: [], sizes: [], imageBytes: 0 });
const contents = ({ disks, volumeGroups }: HostLayout) =>
  [...disks.flatMap(({ partitions }) => partitions), ...volumeGroups.flatMap(({ volumes }) => volumes)].map(({ content }) => {
    if (content.kind === 'filesystem') return `${content.type} ${content.mounts.map(({ mount }) => mount).join(' ')}`;
    return content.kind === 'pv' ? `pv ${content.volumeGroup}` : content.kind;
  });

describe('a layout proposed from what was read of a host', () => {
  it('of Debian with UEFI and LVM has its group, and an fstab that stays true', () => {
    const { layout, notes } = propose(debianUefiLvm);
    expect(layout).toMatchObject({ boot: 'uefi', excluded: [], disks: [{ table: 'gpt' }] });
    expect(contents(layout)).toEqual(['ext4 /boot', 'vfat /boot/efi', 'pv sys', 'ext4 /', 'xfs /srv/my data', 'swap']);
    expect(notes).toEqual([]);
    const facts = { inventory: read(debianUefiLvm), layout, files: new Map([['/etc/fstab', debianUefiLvm['fstab'] ?? '']]) };
    // Every name in it stays true, one with a space in its mount point too.
    expect(planFstab(facts as unknown as BootFacts)).toEqual([]);
  });

  it('of RHEL 7 with BIOS and arrays has plain partitions in an MBR', () => {
    const { layout, notes } = propose(rhel7BiosRaid);
    expect(layout).toMatchObject({ boot: 'bios', excluded: [], disks: [{ table: 'mbr' }] });
    expect(contents(layout).map((text) => text.split(' ')[1])).toEqual(['/', '/boot']);
    expect(notes).toEqual([expect.stringMatching(/^\/.*: on an array at the source, on a plain partition at the target$/)]);
  });

  it('of SLES has one filesystem of btrfs with its subvolumes', () => {
    const { layout } = propose(slesBtrfsMultipath);
    expect(contents(layout)).toEqual(['btrfs / /home', 'vfat /boot/efi', 'xfs /hana']);
  });
});

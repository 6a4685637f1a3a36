import { planInitramfs, missingDrivers, moduleName, DISK_DRIVERS, type KernelFacts } from './plan-initramfs';
import { planLoader, type LoaderFacts } from './plan-loader';
import type { BootFacts } from './boot-facts';

const debian: LoaderFacts = {
  programs: ['grub-install', 'update-grub', 'grub-mkconfig', 'update-initramfs'],
  platforms: ['i386-pc', 'x86_64-efi'],
  espFiles: [],
  espMount: '/boot/efi',
  configs: ['/boot/grub/grub.cfg'],
};
const rhel: LoaderFacts = { ...debian, programs: ['grub2-install', 'grub2-mkconfig', 'dracut'], configs: ['/boot/grub2/grub.cfg'] };
const facts = (boot: 'bios' | 'uefi') => ({ layout: { boot } }) as BootFacts;
const commands = (boot: 'bios' | 'uefi', loader: LoaderFacts) =>
  planLoader(facts(boot), loader, '/dev/vda').map(({ where, argv }) => `${where}: ${argv.join(' ')}`);

describe('the loader', () => {
  it('of BIOS is installed by the clone’s own GRUB, or by the rescue system’s', () => {
    expect(commands('bios', debian)).toEqual(['clone: grub-install --target=i386-pc --recheck /dev/vda', 'clone: update-grub']);
    expect(commands('bios', rhel)).toEqual([
      'clone: grub2-install --target=i386-pc --recheck /dev/vda',
      'clone: grub2-mkconfig -o /boot/grub2/grub.cfg',
    ]);
    expect(commands('bios', { ...debian, platforms: [] })[0]).toBe(
      'rescue: grub-install --target=i386-pc --recheck --boot-directory={root}/boot /dev/vda',
    );
  });

  it('of UEFI is found without an entry of the firmware', () => {
    const install = 'grub-install --target=x86_64-efi --removable --no-nvram --recheck';
    expect(commands('uefi', debian)[0]).toBe(`clone: ${install} --efi-directory=/boot/efi`);
    expect(commands('uefi', { ...debian, platforms: [] })[0]).toBe(
      `rescue: ${install} --efi-directory={root}/boot/efi --boot-directory={root}/boot`,
    );
    const signed = { ...debian, espFiles: ['EFI/debian/shimx64.efi', 'EFI/debian/grubx64.efi', 'EFI/debian/grub.cfg'] };
    expect(commands('uefi', signed)).toEqual([
      'clone: mkdir -p /boot/efi/EFI/BOOT',
      'clone: cp /boot/efi/EFI/debian/shimx64.efi /boot/efi/EFI/BOOT/BOOTX64.EFI',
      'clone: cp /boot/efi/EFI/debian/grubx64.efi /boot/efi/EFI/BOOT/grubx64.efi',
      'clone: update-grub',
    ]);
    const rocky = { ...rhel, espFiles: ['EFI/BOOT/BOOTX64.EFI', 'EFI/BOOT/fbx64.efi', 'EFI/rocky/shimx64.efi'] };
    expect(commands('uefi', rocky)).toEqual(['clone: grub2-mkconfig -o /boot/grub2/grub.cfg']);
  });
});

describe('the initramfs', () => {
  const kernel = (more: Partial<KernelFacts>): KernelFacts => ({
    ...{
      release: '5.14.0',
      initramfs: '/boot/initramfs-5.14.0.img',
      carried: new Set<string>(),
      available: new Set<string>(DISK_DRIVERS),
      builtIn: new Set<string>(),
    },
    ...more,
  });

  it('is left alone where it has what its kernel has', () => {
    const full = kernel({
      carried: new Set(['virtio_blk', 'virtio_scsi', 'nvme', 'xen_blkfront', 'ahci', 'sd_mod']),
      builtIn: new Set(['virtio_pci']),
    });
    expect(planInitramfs([full], rhel, DISK_DRIVERS)).toEqual({ edits: [], steps: [] });
    expect(missingDrivers(kernel({ available: new Set(['nvme']), carried: new Set(['nvme']) }), DISK_DRIVERS)).toEqual([]);
  });

  it('is made anew with what it lacks', () => {
    const lacking = kernel({ carried: new Set(['ahci', 'sd_mod']) });
    const red = planInitramfs([lacking], rhel, ['virtio_blk', 'ahci']);
    expect(red.steps.map(({ argv }) => argv)).toEqual([['dracut', '--force', '--no-hostonly', '/boot/initramfs-5.14.0.img', '5.14.0']]);
    expect(red.edits).toEqual([expect.objectContaining({ content: 'hostonly="no"\nadd_drivers+=" virtio_blk "\n' })]);
    expect(planInitramfs([lacking], debian, ['virtio_blk']).steps.map(({ argv }) => argv)).toEqual([
      ['update-initramfs', '-u', '-k', '5.14.0'],
    ]);
    // What could not be read is not believed to be whole.
    expect(missingDrivers(kernel({ carried: null }), ['virtio_blk'])).toEqual(['virtio_blk']);
  });

  it('is listed by names of modules', () => {
    expect(
      ['usr/lib/modules/6.1/kernel/drivers/block/virtio_blk.ko', 'kernel/drivers/block/xen-blkfront.ko.zst', 'etc/fstab'].map(moduleName),
    ).toEqual(['virtio_blk', 'xen_blkfront', null]);
  });
});

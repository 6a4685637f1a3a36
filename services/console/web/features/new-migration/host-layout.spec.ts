import { placesOf, withSizes } from './host-layout';

const layout: Parameters<typeof placesOf>[0] = {
  boot: 'bios',
  excluded: [],
  disks: [
    {
      disk: 'QEMU-1',
      sizeBytes: 30,
      table: 'gpt',
      partitions: [
        { number: 1, sizeBytes: 1, type: '', name: '', bootable: false, content: { kind: 'bios-boot' } },
        { number: 2, sizeBytes: 29, type: '', name: '', bootable: false, content: { kind: 'pv', volumeGroup: 'vg0' } },
      ],
    },
  ],
  volumeGroups: [
    {
      name: 'vg0',
      volumes: [
        {
          name: 'root',
          sizeBytes: 20,
          content: { kind: 'filesystem', type: 'ext4', uuid: '', label: '', mounts: [{ mount: '/', subvolume: '' }] },
        },
        { name: 'swap', sizeBytes: 2, content: { kind: 'swap', uuid: '', label: '' } },
      ],
    },
  ],
};

it('shows disks, partitions and volumes, and by what each is resized', () => {
  expect(placesOf(layout)).toEqual([
    { level: 0, name: 'QEMU-1', content: 'GPT', sizeBytes: 30 },
    { level: 1, name: 'QEMU-1 1', content: 'BIOS boot', sizeBytes: 1 },
    { level: 1, name: 'QEMU-1 2', content: 'LVM vg0', sizeBytes: 29 },
    { level: 1, name: 'vg0/root', content: 'ext4 /', sizeBytes: 20, key: '/' },
    { level: 1, name: 'vg0/swap', content: 'swap', sizeBytes: 2, key: 'swap' },
  ]);
});

it('puts a new size in the place of an old one', () => {
  const sizes = [
    { mount: '/', sizeBytes: 20 },
    { mount: '/var', sizeBytes: 5 },
  ];
  expect(withSizes(sizes, { '/': 40 })).toEqual([
    { mount: '/var', sizeBytes: 5 },
    { mount: '/', sizeBytes: 40 },
  ]);
});

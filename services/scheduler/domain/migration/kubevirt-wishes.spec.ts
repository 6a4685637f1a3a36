import type { FinishedImage } from './finished-image';
import { hostScope } from './host-scope';
import { kubevirtMachine, type KubevirtWishes } from './kubevirt-wishes';

const image: FinishedImage = {
  migrationId: 'mig_1',
  name: 'web',
  location: { kind: 'image', root: 'images', path: 'new/web-01.qcow2', format: 'qcow2' },
  scope: hostScope({}),
  inventory: {
    hostname: 'Web_01.example.com',
    os: 'Debian GNU/Linux 12',
    kernel: '6.1.0',
    architecture: 'x86_64',
    boot: 'bios',
    cpus: 4,
    memoryBytes: 2 ** 32,
    disks: [],
    fileSystems: [],
    interfaces: [
      { name: 'eth0', addresses: [], isCard: true },
      { name: 'br0', addresses: [], isCard: false },
      { name: 'eth1', addresses: [], isCard: true },
    ],
    databases: [],
  },
  layout: {
    boot: 'uefi',
    disks: [{ disk: 'image', sizeBytes: 2 ** 34, table: 'gpt', partitions: [] }],
    volumeGroups: [],
    excluded: [],
  },
};
const wishes: KubevirtWishes = {
  name: '',
  namespace: 'shop',
  storageClass: '',
  source: { kind: 'upload' },
  networks: [{ source: 'eth1', network: 'net/vlan-12' }],
};
const machine = (wanted: Partial<KubevirtWishes> = {}, made: Partial<FinishedImage> = {}) =>
  kubevirtMachine({ ...image, ...made }, { ...wishes, ...wanted });
const refused = (field: string) =>
  expect.objectContaining({ code: 'KUBEVIRT_MANIFEST_INVALID', fields: [expect.objectContaining({ field })] });

describe('the machine of an image', () => {
  it('is what the source was, with the disk and the boot of the image', () => {
    expect(machine()).toEqual({
      name: 'web-01',
      namespace: 'shop',
      annotations: { 'smartant.io/migration': 'mig_1', 'smartant.io/image': 'images/new/web-01.qcow2' },
      boot: 'uefi',
      sizeBytes: 2 ** 34,
      cpus: 4,
      memoryBytes: 2 ** 32,
      storageClass: '',
      source: { kind: 'upload' },
      interfaces: [
        { mac: '', network: { kind: 'pod' } },
        { mac: '', network: { kind: 'multus', name: 'net/vlan-12' } },
      ],
    });
  });

  it('has the name and the MACs that the migration was given', () => {
    const plan = { source: 'eth1', mode: 'dhcp', addresses: [], gateway: '', nameServers: [], mac: '52:54:00:aa:00:02' } as const;
    const scope = hostScope({ hostname: 'shop.example.com', network: [{ ...plan, addresses: [], nameServers: [] }] });
    expect(machine({}, { scope })).toMatchObject({ name: 'shop', interfaces: [{ mac: '' }, { mac: '52:54:00:aa:00:02' }] });
    expect(machine({ name: 'other' }, { scope })).toMatchObject({ name: 'other' });
  });

  it('leaves out an interface that is to be none, and has one where the source told of no card', () => {
    const networks = ['eth0', 'eth1'].map((source) => ({ source, network: source === 'eth0' ? 'none' : 'pod' }));
    expect(machine({ networks }).interfaces).toEqual([{ mac: '', network: { kind: 'pod' } }]);
    const inventory = { ...image.inventory, interfaces: [] };
    expect(machine({ networks: [] }, { inventory }).interfaces).toEqual([{ mac: '', network: { kind: 'pod' } }]);
  });

  it('is refused while the network of a card is not known, or is one that no cluster takes', () => {
    expect(() => machine({ networks: [] })).toThrow(refused('networks'));
    expect(() => machine({ networks: [{ source: 'eth1', network: 'pod' }] })).toThrow(refused('networks'));
    expect(() => machine({ networks: [...wishes.networks, { source: 'br0', network: 'pod' }] })).toThrow(refused('networks'));
  });

  it.each<[string, 'http' | 's3', string]>([
    ['a scheme that is not of HTTP', 'http', 's3://images/web-01.qcow2'],
    ['no address at all', 's3', 'images/web-01.qcow2'],
    ['a password', 'http', 'https://me:secret@img.example/web-01.qcow2'],
  ])('does not take its image from a URL with %s', (_name, kind, url) => {
    const making = () => machine({ source: { kind, url, secretName: '' } });
    expect(making).toThrow(refused('url'));
    expect(making).not.toThrow(/secret@/);
  });
});

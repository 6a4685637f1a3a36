import { z } from 'zod';
import { kubevirtManifests, type KubevirtMachine } from './kubevirt-manifests';

const machine: KubevirtMachine = {
  ...{
    name: 'web-01',
    namespace: 'shop',
    annotations: { 'smartant.io/migration': 'mig_1', 'smartant.io/image': 'images/web-01.qcow2' },
    boot: 'uefi',
    sizeBytes: 5 * 1024 ** 3 + 1,
    cpus: 2,
    memoryBytes: 2 * 1024 ** 3,
    storageClass: 'ceph-rbd',
  },
  source: { kind: 's3', url: 'https://s3.example/images/web-01.qcow2', secretName: 's3-reader' },
  interfaces: [
    { mac: '52:54:00:aa:00:01', network: { kind: 'pod' } },
    { mac: '', network: { kind: 'multus', name: 'vlan-12' } },
  ],
};

/**
 * The part of the API of KubeVirt (v1) and CDI (v1beta1) that the manifests use; nothing else may stand in them, since a cluster drops or refuses a
 * field that it does not know. From https://github.com/kubevirt/kubevirt/blob/main/staging/src/kubevirt.io/api/core/v1/schema.go and
 * https://github.com/kubevirt/containerized-data-importer/blob/main/staging/src/kubevirt.io/containerized-data-importer-api/pkg/apis/core/v1beta1/types.go.
 */
const metadata = z.strictObject({
  name: z.string(),
  namespace: z.string(),
  labels: z.record(z.string(), z.string().regex(/^[\w.-]{1,63}$/)),
  annotations: z.record(z.string(), z.string()),
});
const quantity = z.string().regex(/^[1-9]\d*Mi$/);
const fromUrl = z.strictObject({ url: z.url(), secretRef: z.string().optional() });
const dataVolume = z.strictObject({
  apiVersion: z.literal('cdi.kubevirt.io/v1beta1'),
  kind: z.literal('DataVolume'),
  metadata,
  spec: z.strictObject({
    source: z.union([z.strictObject({ upload: z.strictObject({}) }), z.strictObject({ http: fromUrl }), z.strictObject({ s3: fromUrl })]),
    storage: z.strictObject({
      resources: z.strictObject({ requests: z.strictObject({ storage: quantity }) }),
      storageClassName: z.string().optional(),
    }),
  }),
});
const bootloader = z.union([
  z.strictObject({ bios: z.strictObject({}) }),
  z.strictObject({ efi: z.strictObject({ secureBoot: z.literal(false) }) }),
]);
const networkInterface = z.union([
  z.strictObject({ name: z.string(), model: z.literal('virtio'), masquerade: z.strictObject({}), macAddress: z.string().optional() }),
  z.strictObject({ name: z.string(), model: z.literal('virtio'), bridge: z.strictObject({}), macAddress: z.string().optional() }),
]);
const domain = z.strictObject({
  cpu: z.strictObject({ cores: z.int().positive() }),
  memory: z.strictObject({ guest: quantity }),
  firmware: z.strictObject({ bootloader }),
  devices: z.strictObject({
    disks: z.array(z.strictObject({ name: z.string(), bootOrder: z.int(), disk: z.strictObject({ bus: z.literal('virtio') }) })),
    interfaces: z.array(networkInterface),
    autoattachPodInterface: z.literal(false).optional(),
    rng: z.strictObject({}),
  }),
});
const network = z.union([
  z.strictObject({ name: z.string(), pod: z.strictObject({}) }),
  z.strictObject({ name: z.string(), multus: z.strictObject({ networkName: z.string() }) }),
]);
const virtualMachine = z.strictObject({
  apiVersion: z.literal('kubevirt.io/v1'),
  kind: z.literal('VirtualMachine'),
  metadata,
  spec: z.strictObject({
    runStrategy: z.literal('Halted'),
    template: z.strictObject({
      metadata: z.strictObject({ labels: z.record(z.string(), z.string()) }),
      spec: z.strictObject({
        domain,
        networks: z.array(network),
        terminationGracePeriodSeconds: z.int(),
        volumes: z.array(z.strictObject({ name: z.string(), dataVolume: z.strictObject({ name: z.string() }) })),
      }),
    }),
  }),
});
const list = z.strictObject({
  apiVersion: z.literal('v1'),
  kind: z.literal('List'),
  items: z.tuple([dataVolume, virtualMachine]),
});

/** As a cluster reads them. */
const read = (changes: Partial<KubevirtMachine> = {}) => {
  const { items } = list.parse(JSON.parse(JSON.stringify(kubevirtManifests({ ...machine, ...changes }))));
  return { volume: items[0], machine: items[1], guest: items[1].spec.template.spec };
};

describe('manifests of KubeVirt', () => {
  it('make a volume of the image and a machine of the volume', () => {
    const { volume, guest } = read();
    expect(volume).toMatchObject({
      metadata: { name: 'web-01', namespace: 'shop', annotations: { 'smartant.io/image': 'images/web-01.qcow2' } },
      spec: {
        source: { s3: { url: 'https://s3.example/images/web-01.qcow2', secretRef: 's3-reader' } },
        storage: { resources: { requests: { storage: '5121Mi' } }, storageClassName: 'ceph-rbd' },
      },
    });
    expect(guest).toMatchObject({
      domain: {
        cpu: { cores: 2 },
        memory: { guest: '2048Mi' },
        firmware: { bootloader: { efi: { secureBoot: false } } },
        devices: {
          interfaces: [
            { name: 'net0', masquerade: {}, macAddress: '52:54:00:aa:00:01' },
            { name: 'net1', bridge: {} },
          ],
        },
      },
      networks: [
        { name: 'net0', pod: {} },
        { name: 'net1', multus: { networkName: 'vlan-12' } },
      ],
      volumes: [{ name: 'root', dataVolume: { name: 'web-01' } }],
    });
  });

  it('refer to each other: every disk to a volume, every interface to a network', () => {
    const { volume, machine: own, guest } = read({ boot: 'bios', storageClass: '' });
    const names = (named: readonly { name: string }[]) => named.map(({ name }) => name);
    expect(names(guest.domain.devices.disks)).toEqual(names(guest.volumes));
    expect(names(guest.domain.devices.interfaces)).toEqual(names(guest.networks));
    expect(guest.volumes.map(({ dataVolume: { name } }) => name)).toEqual([volume.metadata.name]);
    expect(own.metadata.namespace).toBe(volume.metadata.namespace);
    expect(guest.domain.firmware).toEqual({ bootloader: { bios: {} } });
    expect(volume.spec.storage).not.toHaveProperty('storageClassName');
  });

  it('take the image in by an upload, or from an address with or without a secret', () => {
    const sourceOf = (source: KubevirtMachine['source']) => read({ source }).volume.spec.source;
    expect(sourceOf({ kind: 'upload' })).toEqual({ upload: {} });
    expect(sourceOf({ kind: 'http', url: 'https://img.example/a.raw', secretName: '' })).toEqual({
      http: { url: 'https://img.example/a.raw' },
    });
  });

  it('give a machine that is to have no interface none', () => {
    expect(read({ interfaces: [] }).guest).toMatchObject({
      networks: [],
      domain: { devices: { interfaces: [], autoattachPodInterface: false } },
    });
  });

  it.each(['name', 'namespace'])('refuse a %s that a cluster would', (field) => {
    const making = () => kubevirtManifests({ ...machine, [field]: 'Web_01' });
    expect(making).toThrow(expect.objectContaining({ code: 'KUBEVIRT_MANIFEST_INVALID', fields: [expect.objectContaining({ field })] }));
  });
});

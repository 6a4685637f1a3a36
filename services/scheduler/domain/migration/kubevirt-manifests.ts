import { SmartantError } from '@smartant/kernel';

/** A machine of KubeVirt, made of an image that a migration has written. */
export interface KubevirtMachine {
  /** Of the machine, its data volume and its labels: a DNS label. */
  name: string;
  namespace: string;
  /** Where the machine comes from, for whoever finds it in a cluster. */
  annotations: Record<string, string>;
  boot: 'bios' | 'uefi';
  /** Of the image, as a disk has it. */
  sizeBytes: number;
  cpus: number;
  memoryBytes: number;
  /** Empty: the cluster's default. */
  storageClass: string;
  source: ImageSource;
  /** One for each interface. Empty MAC: the cluster gives one. */
  interfaces: readonly { mac: string; network: { kind: 'pod' } | { kind: 'multus'; name: string } }[];
}

/**
 * Where a cluster takes an image from. `upload`: from `virtctl image-upload`. `http`, `s3`: from there; the secret, in the same namespace, holds
 * `accessKeyId` and `secretKey`; empty: none. CDI reads raw and qcow2, and vmdk by conversion.
 */
export type ImageSource = { kind: 'upload' } | { kind: 'http' | 's3'; url: string; secretName: string };

/** What `kubectl apply` takes: a DataVolume (CDI) and a VirtualMachine (KubeVirt). */
export interface KubernetesList {
  apiVersion: 'v1';
  kind: 'List';
  items: Record<string, unknown>[];
}

const MIB = 1024 * 1024;
const LABEL = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;

/**
 * The machine is not started by them. Sources: https://kubevirt.io/api-reference/ and
 * https://github.com/kubevirt/containerized-data-importer/blob/main/doc/datavolumes.md. Raises KUBEVIRT_MANIFEST_INVALID.
 */
export function kubevirtManifests(machine: KubevirtMachine): KubernetesList {
  for (const field of ['name', 'namespace'] as const) {
    if (!LABEL.test(machine[field])) throw manifestInvalid(field, 'must be up to 63 lower case letters, digits and dashes');
  }
  return { apiVersion: 'v1', kind: 'List', items: [dataVolume(machine), virtualMachine(machine)] };
}

export function manifestInvalid(field: string, message: string): SmartantError {
  return new SmartantError('KUBEVIRT_MANIFEST_INVALID', `A machine of KubeVirt cannot be made so: ${field} ${message}.`, {
    kind: 'invalid',
    hint: 'Correct the field that is named.',
    fields: [{ field, message }],
  });
}

const metadata = ({ name, namespace, annotations }: KubevirtMachine) => ({
  name,
  namespace,
  labels: { 'app.kubernetes.io/name': name, 'app.kubernetes.io/managed-by': 'smartant' },
  annotations,
});

function dataVolume(machine: KubevirtMachine): Record<string, unknown> {
  const { source, storageClass, sizeBytes } = machine;
  const from =
    source.kind === 'upload'
      ? { upload: {} }
      : { [source.kind]: { url: source.url, ...(source.secretName === '' ? {} : { secretRef: source.secretName }) } };
  return {
    apiVersion: 'cdi.kubevirt.io/v1beta1',
    kind: 'DataVolume',
    metadata: metadata(machine),
    spec: {
      source: from,
      storage: {
        // CDI adds what the filesystem of a volume takes by itself.
        resources: { requests: { storage: `${Math.ceil(sizeBytes / MIB)}Mi` } },
        ...(storageClass === '' ? {} : { storageClassName: storageClass }),
      },
    },
  };
}

function virtualMachine(machine: KubevirtMachine): Record<string, unknown> {
  const { boot, cpus, memoryBytes, name, interfaces } = machine;
  const devices = interfaces.map(({ mac, network }, at) => ({
    name: `net${at}`,
    model: 'virtio',
    ...(network.kind === 'pod' ? { masquerade: {} } : { bridge: {} }),
    ...(mac === '' ? {} : { macAddress: mac }),
  }));
  const networks = interfaces.map(({ network }, at) => ({
    name: `net${at}`,
    ...(network.kind === 'pod' ? { pod: {} } : { multus: { networkName: network.name } }),
  }));
  return {
    apiVersion: 'kubevirt.io/v1',
    kind: 'VirtualMachine',
    metadata: metadata(machine),
    spec: {
      runStrategy: 'Halted',
      template: {
        metadata: { labels: { 'kubevirt.io/vm': name } },
        spec: {
          domain: {
            cpu: { cores: Math.max(1, Math.floor(cpus)) },
            memory: { guest: `${Math.ceil(memoryBytes / MIB)}Mi` },
            // Its loader is signed by the source's distribution at best: Secure Boot is switched on by whoever has checked that.
            firmware: { bootloader: boot === 'uefi' ? { efi: { secureBoot: false } } : { bios: {} } },
            devices: {
              disks: [{ name: 'root', bootOrder: 1, disk: { bus: 'virtio' } }],
              interfaces: devices,
              // Where a machine names none, KubeVirt gives it one.
              ...(interfaces.length === 0 ? { autoattachPodInterface: false } : {}),
              rng: {},
            },
          },
          networks,
          terminationGracePeriodSeconds: 180,
          volumes: [{ name: 'root', dataVolume: { name } }],
        },
      },
    },
  };
}

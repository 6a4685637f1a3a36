import type { FinishedImage } from './finished-image';
import { manifestInvalid, type ImageSource, type KubevirtMachine } from './kubevirt-manifests';

/** What somebody says of the machine that a migration's image is to become. */
export interface KubevirtWishes {
  /** Empty: made of the host's name. */
  name: string;
  namespace: string;
  /** Empty: the cluster's default. */
  storageClass: string;
  source: ImageSource;
  /** By the name of an interface at the source: `pod`, `none` (left out), or a NetworkAttachmentDefinition ("vlan-12", "net/vlan-12"). */
  networks: readonly { source: string; network: string }[];
}

/**
 * The machine of an image, as the source was and the target was made. The first network card of the source is in the network of the pods; every
 * other one is where somebody says. MACs are those of the migration's network plan. Raises KUBEVIRT_MANIFEST_INVALID.
 */
export function kubevirtMachine(image: FinishedImage, wishes: KubevirtWishes): KubevirtMachine {
  const { inventory, layout, location, scope, migrationId } = image;
  const { name, namespace, storageClass, source } = wishes;
  assertSource(source);
  return {
    name: name === '' ? labelOf(scope.hostname || inventory.hostname) : name,
    namespace,
    annotations: { 'smartant.io/migration': migrationId, 'smartant.io/image': `${location.root}/${location.path}` },
    boot: layout.boot,
    sizeBytes: layout.disks[0]?.sizeBytes ?? 0,
    cpus: inventory.cpus,
    memoryBytes: inventory.memoryBytes,
    storageClass,
    source,
    interfaces: interfacesOf(image, wishes.networks),
  };
}

function assertSource(source: ImageSource): void {
  if (source.kind === 'upload') return;
  const url = URL.parse(source.url);
  const schemes = source.kind === 's3' ? ['https:', 'http:', 's3:'] : ['https:', 'http:'];
  if (!url || !schemes.includes(url.protocol) || url.host === '') throw manifestInvalid('url', `must be an address of ${source.kind}`);
  if (url.username !== '' || url.password !== '') {
    throw manifestInvalid('url', 'must not hold credentials; name a secret of the cluster instead');
  }
}

function interfacesOf({ inventory, scope }: FinishedImage, wanted: KubevirtWishes['networks']): KubevirtMachine['interfaces'] {
  const cards = inventory.interfaces.filter(({ isCard = true }) => isCard).map(({ name }) => name);
  const unknown = wanted.find(({ source }) => !cards.includes(source));
  if (unknown) throw manifestInvalid('networks', `names ${unknown.source}, which is no network card of the source (${cards.join(', ')})`);
  // Of a source that told of no card, the machine has one all the same.
  if (cards.length === 0) return [{ mac: '', network: { kind: 'pod' } }];
  const interfaces = cards.flatMap((name, at) => {
    const network = wanted.find(({ source }) => source === name)?.network ?? (at === 0 ? 'pod' : undefined);
    if (network === undefined) throw manifestInvalid('networks', `says nothing of ${name}: name its network, or "none"`);
    if (network === 'none') return [];
    const mac = scope.network.find(({ source }) => source === name)?.mac ?? '';
    return [{ mac, network: network === 'pod' ? ({ kind: 'pod' } as const) : ({ kind: 'multus', name: network } as const) }];
  });
  if (interfaces.filter(({ network }) => network.kind === 'pod').length > 1) {
    throw manifestInvalid('networks', 'has more than one interface in the network of the pods, and KubeVirt takes one');
  }
  return interfaces;
}

/** "Web_01.example.com" is "web-01". */
function labelOf(hostname: string): string {
  const label = (hostname.split('.')[0] ?? '')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .slice(0, 63)
    .replaceAll(/^-+|-+$/g, '');
  return label === '' ? 'host' : label;
}

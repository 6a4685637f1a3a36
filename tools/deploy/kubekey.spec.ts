import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';

const FOLDER = join(__dirname, '..', '..', 'deploy', 'kubesphere');
const read = (file: string) => readFileSync(join(FOLDER, file), 'utf8');

/** What KubeKey 3.1.9 reads of a `Cluster`, where we say something (`cmd/kk/apis/kubekey/v1alpha2`); it passes over every other name without a word. */
const KUBEKEY: Record<string, string[]> = {
  spec: ['hosts', 'roleGroups', 'controlPlaneEndpoint', 'system', 'etcd', 'dns', 'kubernetes', 'network', 'storage', 'registry', 'addons'],
  'spec.hosts': ['name', 'address', 'internalAddress', 'port', 'user', 'privateKeyPath', 'arch', 'timeout', 'labels'],
  'spec.controlPlaneEndpoint': ['internalLoadbalancer', 'domain', 'externalDNS', 'address', 'port', 'kubevip'],
  'spec.kubernetes': ['version', 'clusterName', 'containerManager', 'autoRenewCerts'],
  'spec.etcd': ['type', 'external', 'port', 'peerPort', 'backupDir', 'backupPeriod', 'keepBackupNumber', 'backupScript', 'dataDir'],
  'spec.network': ['plugin', 'kubePodsCIDR', 'kubeServiceCIDR'],
  'spec.addons': ['name', 'namespace', 'preInstall', 'sources', 'postInstall', 'retries', 'delay'],
  'spec.addons.sources': ['chart', 'yaml'],
  'spec.addons.sources.chart': ['name', 'repo', 'path', 'version', 'valuesFile', 'values', 'wait'],
};

/** Values of the chart ceph-csi-rbd 3.11 that we give; helm passes over every other name, too. */
const CEPH: Record<string, string[]> = {
  '': ['csiConfig', 'storageClass', 'secret', 'provisioner'],
  csiConfig: ['clusterID', 'monitors'],
  storageClass: [
    ...[
      'create',
      'name',
      'annotations',
      'clusterID',
      'pool',
      'imageFeatures',
      'fstype',
      'mountOptions',
      'allowVolumeExpansion',
      'reclaimPolicy',
    ],
    ...['provisionerSecret', 'controllerExpandSecret', 'nodeStageSecret'],
  ],
  secret: ['create'],
  provisioner: ['replicaCount'],
};

/** Names that nobody reads, as paths. */
function unknown(value: unknown, known: Record<string, string[]>, path = ''): string[] {
  if (Array.isArray(value)) return value.flatMap((inner) => unknown(inner, known, path));
  const names = known[path];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) => {
    const at = path === '' ? name : `${path}.${name}`;
    if (names && !names.includes(name)) return [at];
    return unknown(inner, known, at);
  });
}

interface Cluster {
  apiVersion: string;
  kind: string;
  spec: {
    hosts: { name: string; address: string; privateKeyPath: string }[];
    roleGroups: Record<string, string[]>;
    controlPlaneEndpoint: { domain: string; address: string; port: number };
    kubernetes: { version: string };
    etcd: { backupDir: string };
    addons: { name: string; namespace: string; sources: { chart: { name: string; version: string; valuesFile: string } } }[];
  };
}
interface CephValues {
  csiConfig: { clusterID: string; monitors: string[] }[];
  storageClass: { clusterID: string; name: string; annotations: object; nodeStageSecret: string };
  secret: { create: boolean };
  provisioner: { replicaCount: number };
}

const cluster = parse(read('kubekey.yaml.example')) as Cluster;
const { spec } = cluster;
const [ceph] = spec.addons;
const values = parse(read('ceph-csi-rbd.values.yaml.example')) as CephValues;
const guide = readFileSync(join(__dirname, '..', '..', 'docs', 'guides', 'kubesphere.md'), 'utf8');

describe('the cluster that KubeKey is asked for', () => {
  it('is said in names that KubeKey reads', () => {
    expect([cluster.apiVersion, cluster.kind]).toEqual(['kubekey.kubesphere.io/v1alpha2', 'Cluster']);
    expect(unknown({ spec }, KUBEKEY)).toEqual([]);
    const misspelt = structuredClone(spec) as unknown as { addons: { sources: { chart: object } }[] };
    Object.assign(misspelt.addons[0]!.sources.chart, { valueFile: 'x' });
    expect(unknown({ spec: misspelt }, KUBEKEY)).toEqual(['spec.addons.sources.chart.valueFile']);
  });

  it('has three masters behind one address, and bears the loss of one', () => {
    const hosts = spec.hosts.map(({ name }) => name);
    for (const group of Object.values(spec.roleGroups)) for (const name of group) expect(hosts).toContain(name);
    expect(spec.roleGroups['control-plane']).toHaveLength(3);
    expect(spec.roleGroups['etcd']).toHaveLength(3);
    expect(spec.roleGroups['worker']!.length).toBeGreaterThan(1);
    expect(spec.controlPlaneEndpoint.port).toBe(6443);
    expect(spec.hosts.map(({ address }) => address)).not.toContain(spec.controlPlaneEndpoint.address);
    expect(spec.etcd.backupDir).not.toBe('');
    expect(new Set(spec.hosts.map(({ address }) => address)).size).toBe(hosts.length);
  });

  it('has volumes of Ceph: an add-on whose values are there, under the name that it gives', () => {
    expect(ceph!.sources.chart).toMatchObject({ name: 'ceph-csi-rbd', version: '3.11.0' });
    expect(existsSync(join(FOLDER, `${ceph!.sources.chart.valuesFile}.example`))).toBe(true);
    // The version of Kubernetes is one that this version of the chart is for.
    expect(spec.kubernetes.version).toMatch(/^v1\.2[6-9]\./);
    expect(unknown(values, CEPH)).toEqual([]);
    expect(unknown({ storageClass: { fsType: 'ext4' } }, CEPH)).toEqual(['storageClass.fsType']);
    expect(values.csiConfig.map(({ clusterID }) => clusterID)).toContain(values.storageClass.clusterID);
    for (const { monitors } of values.csiConfig) expect(monitors.filter((monitor) => /^[\d.]+:6789$/.test(monitor))).toHaveLength(3);
    expect(values.storageClass.annotations).toEqual({ 'storageclass.kubernetes.io/is-default-class': 'true' });
    // Its pods keep off each other's nodes, so more of them than workers would wait for ever.
    expect(values.provisioner.replicaCount).toBeLessThanOrEqual(spec.roleGroups['worker']!.length);
  });

  it('is asked for without a password or a key in its files', () => {
    expect(values.secret).toEqual({ create: false });
    for (const file of ['kubekey.yaml.example', 'ceph-csi-rbd.values.yaml.example'])
      expect(read(file)).not.toMatch(/^[^#\n]*\b(password|userKey|privateKey|passphrase)\s*:/im);
    const secret = /kubectl -n (\S+) create secret generic (\S+) --from-literal=userID=\S+ --from-file=userKey=/.exec(guide);
    expect(secret?.slice(1)).toEqual([ceph!.namespace, values.storageClass.nodeStageSecret]);
    expect(guide).toContain(`\`${values.storageClass.name} (default)\``);
  });
});

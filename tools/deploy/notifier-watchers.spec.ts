import { describeIf } from '@smartant/test-servers';
import { ChartCopy, helmBinary, type Manifest } from './render-chart';

const helm = helmBinary();

interface Role extends Manifest {
  rules: { apiGroups?: string[]; resources?: string[]; nonResourceURLs?: string[]; verbs: string[] }[];
}

describeIf(helm ? null : 'helm is not installed', 'roles of the notifier’s watchers', () => {
  let chart: ChartCopy;
  beforeAll(() => {
    chart = new ChartCopy(helm!);
  });
  afterAll(() => chart.remove());

  const roles = (manifests: Manifest[], kind: string) =>
    manifests.filter((manifest) => manifest.kind === kind && manifest.metadata.name === 'smartant-notifier-prod') as unknown as Role[];

  it('are not there unless the cluster is watched', () => {
    const manifests = chart.render();
    expect(['Role', 'ClusterRole'].flatMap((kind) => roles(manifests, kind))).toEqual([]);
  });

  it('let it list and watch, of the whole cluster, and change or read nothing else', () => {
    const manifests = chart.render(['notifier.kubernetes.watch=true']);
    const [role, ...more] = roles(manifests, 'ClusterRole');
    expect(more).toEqual([]);
    const resources = role!.rules.flatMap(({ resources = [] }) => resources);
    expect(resources).toContain('nodes');
    expect(resources).not.toEqual(expect.arrayContaining([expect.stringMatching(/secrets|configmaps|\//)]));
    for (const { verbs, nonResourceURLs } of role!.rules) expect(verbs).toEqual(nonResourceURLs ? ['get'] : ['list', 'watch']);
    expect(roles(manifests, 'Role')).toEqual([]);
    expect(manifests.filter(({ kind, metadata }) => kind === 'NetworkPolicy' && metadata.name === 'notifier-kubernetes')).toHaveLength(1);
  });

  it('are of the namespaces that are listed, and none of the cluster', () => {
    const manifests = chart.render(['notifier.kubernetes.watch=true', 'notifier.kubernetes.namespaces={prod,kube-system}']);
    expect(roles(manifests, 'ClusterRole')).toEqual([]);
    expect(roles(manifests, 'Role').map(({ metadata }) => metadata.namespace)).toEqual(['prod', 'kube-system']);
    expect(JSON.stringify(roles(manifests, 'Role'))).not.toContain('nodes');
  });

  it('are asked for by names of namespaces only', () => {
    expect(() => chart.render(['notifier.kubernetes.watch=true', 'notifier.kubernetes.namespaces={*}'])).toThrow();
  });

  it('come with a token for the notifier alone, and with the settings that say so', () => {
    const service = [
      ...['replicas=2', 'secretName=smartant-notifier', 'scratch.size=64Mi', 'env.SMARTANT_GRPC_PORT=7451'],
      ...['resources.requests.cpu=50m', 'resources.requests.memory=128Mi', 'resources.limits.memory=256Mi'],
      ...['ports[0].name=grpc', 'ports[0].port=7451'],
    ];
    const values = ['notifier.kubernetes.watch=true', ...service.map((value) => `services.notifier.${value}`)];
    const deployments = chart.render(values).filter(({ kind }) => kind === 'Deployment');
    const withToken = deployments.filter((deployment) => JSON.stringify(deployment).includes('serviceAccountToken'));
    expect(withToken.map(({ metadata }) => metadata.name)).toEqual(['notifier-v1']);
    expect(JSON.stringify(withToken)).toContain('{"name":"SMARTANT_KUBERNETES_WATCH","value":"cluster"}');
  });
});

import { describeIf } from '@smartant/test-servers';
import { ChartCopy, helmBinary, type Manifest } from './render-chart';

const helm = helmBinary();
const KONG = 'cluster.local/ns/kong/sa/kong-gateway';
const EDGE = [
  'gateway.mode=controller',
  'gateway.grpc.enabled=true',
  'istio.restCallers={gateway-keys,kong/kong-gateway}',
  'istio.internalClients={internal-client,kong/kong-gateway}',
];

interface Service {
  metadata: Manifest['metadata'];
  spec: { selector: Record<string, string>; ports: { name: string; port: number; targetPort: string }[] };
}
interface Backend {
  name: string;
  port: { name: string };
}

/**
 * Kong's Ingress Controller (3.5.13 was read) makes one service of Kong of a Service's port, but takes its protocol from an annotation of the Service, so of
 * all its ports; it looks at neither the port's name nor `appProtocol`.
 */
describeIf(helm ? null : 'helm is not installed', 'gRPC by way of a Kong Ingress Controller', () => {
  let chart: ChartCopy;
  beforeAll(() => void (chart = new ChartCopy(helm!)));
  afterAll(() => chart.remove());

  const servicesOf = (manifests: Manifest[]) => manifests.filter(({ kind }) => kind === 'Service') as unknown as Service[];
  const service = (manifests: Manifest[], name: string) => servicesOf(manifests).find(({ metadata }) => metadata.name === name);
  const named = (manifests: Manifest[], kind: string, name: string) =>
    manifests.find((manifest) => manifest.kind === kind && manifest.metadata.name === name)!.spec as unknown;

  it.each([
    ['with our own routes', []],
    ['where KubeSphere makes them', ['values-kubesphere.yaml']],
  ])('has a Service of its own, as every route has one that speaks its protocol (%s)', (_, files) => {
    const manifests = chart.render(EDGE, files);
    const ingresses = manifests.filter(({ kind }) => kind === 'Ingress');
    expect(ingresses.map(({ metadata }) => metadata.name)).toContain('smartant-grpc');
    for (const { metadata, spec } of ingresses) {
      const asked = metadata.annotations!['konghq.com/protocols']!.startsWith('grpc') ? 'grpc' : undefined;
      const backends = [...JSON.stringify(spec).matchAll(/"service":(\{"name":[^}]+\}\})/g)].map(
        ([, text]) => JSON.parse(text!) as Backend,
      );
      expect(backends.length).toBeGreaterThan(0);
      for (const { name, port } of backends) {
        const found = service(manifests, name)!;
        expect([name, found.metadata.annotations!['konghq.com/protocol']]).toEqual([name, asked]);
        expect(found.spec.ports.map((one) => one.name)).toContain(port.name);
      }
    }
  });

  it('comes to the pods of the scheduler, at that port alone, by a name that the mesh routes', () => {
    const manifests = chart.render(EDGE);
    const [own, edge] = [service(manifests, 'scheduler')!, service(manifests, 'scheduler-grpc')!];
    expect(edge.spec.selector).toEqual(own.spec.selector);
    expect(edge.spec.ports).toEqual(own.spec.ports.filter(({ name }) => name === 'grpc'));
    // Not another component of the application, nor a second place where metrics are read.
    expect(edge.metadata.labels).not.toHaveProperty('app.kubernetes.io/version');
    expect(edge.metadata.annotations).toMatchObject({
      'ingress.kubernetes.io/service-upstream': 'true',
      'konghq.com/host-header': 'scheduler-grpc.prod.svc',
    });
  });

  it('has the shares, limits and retries of the scheduler under that name, too', () => {
    const canary = ['istio.canaries.scheduler[0].version=v2', 'istio.canaries.scheduler[0].weight=10'];
    const manifests = chart.render([...EDGE, ...canary]);
    const { hosts, http } = named(manifests, 'VirtualService', 'scheduler') as {
      hosts: string[];
      http: { match: { uri?: { exact: string } }[]; timeout?: string; retries: object; route: { destination: object; weight: number }[] }[];
    };
    expect(hosts).toEqual(['scheduler', 'scheduler-grpc']);
    for (const host of hosts) expect(service(manifests, host)).toBeDefined();
    const create = http.find(({ match }) => match[0]!.uri?.exact.endsWith('/CreateMigration'))!;
    expect(create).toMatchObject({ timeout: '17000ms', retries: { attempts: 0 } });
    expect(create.route).toEqual(
      [
        ['v1', 90],
        ['v2', 10],
      ].map(([subset, weight]) => ({ destination: { host: 'scheduler', port: { number: 7401 }, subset }, weight })),
    );
    const { host, subsets } = named(manifests, 'DestinationRule', 'scheduler') as { host: string; subsets: { name: string }[] };
    expect([host, subsets.map(({ name }) => name)]).toEqual(['scheduler', ['v1', 'v2']]);
    // Two for one name would be merged or dropped as it happens.
    const all = manifests
      .filter(({ kind }) => kind === 'VirtualService')
      .flatMap(({ spec }) => (spec as unknown as { hosts: string[] }).hosts);
    expect(all).toHaveLength(new Set(all).size);
  });

  it('is let in by the rules of the pods, for the account of that Kong', () => {
    const { selector, rules } = named(chart.render(EDGE), 'AuthorizationPolicy', 'scheduler') as {
      selector: { matchLabels: object };
      rules: { from?: { source: { principals?: string[] } }[]; to: { operation: { ports: string[]; paths?: string[] } }[] }[];
    };
    expect(selector.matchLabels).toEqual({ app: 'scheduler' });
    const forKong = rules.filter(({ from }) => from?.[0]!.source.principals?.includes(KONG)).map(({ to }) => to[0]!.operation);
    expect(forKong.filter(({ ports }) => ports[0] === '7400')).toHaveLength(1);
    const paths = forKong.filter(({ ports }) => ports[0] === '7401').flatMap((operation) => operation.paths!);
    expect(paths).toHaveLength(5);
    for (const path of paths) expect(path).toContain('/smartant.migration.v1.MigrationService/');
  });

  it('brings no second Service where no controller needs one', () => {
    const dbless = ['gateway.grpc.enabled=true', 'istio.internalClients={internal-client,kong}'];
    for (const values of [[], dbless, ['gateway.mode=controller'], [...EDGE, 'gateway.enabled=false']]) {
      const manifests = chart.render(values);
      expect(service(manifests, 'scheduler-grpc')).toBeUndefined();
      expect(named(manifests, 'VirtualService', 'scheduler')).toMatchObject({ hosts: ['scheduler'] });
    }
  });
});

import { describeIf } from '@smartant/test-servers';
import { ChartCopy, helmBinary, type Manifest } from './render-chart';

const helm = helmBinary();
const SERVICES = ['scheduler', 'storage-migrator', 'db-migrator', 'host-migrator', 'notifier'];
const MIGRATION_SERVICE = '/smartant.migration.v1.MigrationService/';

interface Rule {
  from?: { source: { principals?: string[]; namespaces?: string[] } }[];
  to: { operation: { ports: string[]; methods?: string[]; paths?: string[] } }[];
}

describeIf(helm ? null : 'helm is not installed', 'who comes in where the mesh lets nobody in', () => {
  let chart: ChartCopy;
  beforeAll(() => void (chart = new ChartCopy(helm!)));
  afterAll(() => chart.remove());

  const named = (manifests: Manifest[], kind: string, name: string) =>
    manifests.find((manifest) => manifest.kind === kind && manifest.metadata.name === name);
  const rulesOf = (manifests: Manifest[], service: string) =>
    (named(manifests, 'AuthorizationPolicy', service)!.spec as unknown as { rules: Rule[] }).rules;

  it('are people, at Kong: what comes in passes by its sidecar, and gateways of the mesh are told so', () => {
    const manifests = chart.render();
    const { template } = named(manifests, 'Deployment', 'kong')!.spec as unknown as { template: Manifest };
    expect(template.metadata.annotations).toMatchObject({ 'traffic.sidecar.istio.io/includeInboundPorts': '' });
    expect(named(manifests, 'PeerAuthentication', 'kong')!.spec).toEqual({
      selector: { matchLabels: { app: 'kong' } },
      mtls: { mode: 'DISABLE' },
    });
    for (const value of ['gateway.mode=controller', 'gateway.enabled=false', 'istio.enabled=false'])
      expect(named(chart.render([value]), 'PeerAuthentication', 'kong')).toBeUndefined();
  });

  it('is a Prometheus without a certificate, for metrics and health alone', () => {
    const manifests = chart.render();
    for (const service of SERVICES) {
      expect(named(manifests, 'PeerAuthentication', service)!.spec).toEqual({
        selector: { matchLabels: { app: service } },
        mtls: { mode: 'STRICT' },
        portLevelMtls: { '7402': { mode: 'PERMISSIVE' } },
      });
      expect(rulesOf(manifests, service).filter(({ from }) => from === undefined)).toEqual([
        { to: [{ operation: { ports: ['7402'], methods: ['GET'], paths: ['/metrics', '/livez', '/readyz'] } }] },
      ]);
    }
  });

  it('is a Prometheus with a certificate where that is asked for', () => {
    const manifests = chart.render(['istio.metricsPlaintext=false']);
    for (const service of SERVICES) {
      expect(named(manifests, 'PeerAuthentication', service)).toBeUndefined();
      const [metrics, ...others] = rulesOf(manifests, service);
      expect(metrics!.from).toEqual([{ source: { namespaces: ['monitoring', 'kubesphere-monitoring-system'] } }]);
      for (const { from } of others) expect(from).toHaveLength(1);
    }
  });

  it('is a gateway of another namespace where it is named', () => {
    const [, rest] = rulesOf(chart.render(['gateway.mode=controller', 'istio.restCallers={gateway-keys,kong/kong-gateway}']), 'scheduler');
    expect(rest).toEqual({
      from: [{ source: { principals: ['cluster.local/ns/prod/sa/gateway-keys', 'cluster.local/ns/kong/sa/kong-gateway'] } }],
      to: [{ operation: { ports: ['7400'] } }],
    });
  });

  it('is a Prometheus at gateway-keys beside a controller, too, for the same and nothing else', () => {
    const controller = 'gateway.mode=controller';
    const plaintext = chart.render([controller, 'serviceMonitors.enabled=true']);
    expect(named(plaintext, 'PeerAuthentication', 'gateway-keys')!.spec).toMatchObject({
      selector: { matchLabels: { app: 'gateway-keys' } },
      mtls: { mode: 'STRICT' },
      portLevelMtls: { '7432': { mode: 'PERMISSIVE' } },
    });
    const metrics = { to: [{ operation: { ports: ['7432'], methods: ['GET'], paths: ['/metrics', '/livez', '/readyz'] } }] };
    expect(rulesOf(plaintext, 'gateway-keys')).toEqual([metrics]);
    // The policy is of the pods that listen there, and they are monitored there.
    const { template } = named(plaintext, 'Deployment', 'gateway-keys')!.spec as unknown as {
      template: Manifest & { spec: { containers: { ports: object[] }[] } };
    };
    expect(template.metadata.labels).toMatchObject({ app: 'gateway-keys' });
    expect(template.spec.containers[0]!.ports).toEqual([{ name: 'http-keys', containerPort: 7432 }]);
    expect(named(plaintext, 'PodMonitor', 'gateway-keys')!.spec).toMatchObject({
      selector: { matchLabels: { app: 'gateway-keys' } },
      podMetricsEndpoints: [{ port: 'http-keys', path: '/metrics' }],
    });
    const certified = chart.render([controller, 'istio.metricsPlaintext=false']);
    expect(named(certified, 'PeerAuthentication', 'gateway-keys')).toBeUndefined();
    expect(rulesOf(certified, 'gateway-keys')).toEqual([
      { ...metrics, from: [{ source: { namespaces: ['monitoring', 'kubesphere-monitoring-system'] } }] },
    ]);
    // Beside Kong what comes in passes by the sidecar, and without a mesh there is nothing to open.
    for (const values of [[], [controller, 'istio.enabled=false']])
      for (const kind of ['PeerAuthentication', 'AuthorizationPolicy'])
        expect(named(chart.render(values), kind, 'gateway-keys')).toBeUndefined();
  });

  it('is Kong at MigrationService where it has a route for that, and nowhere unsaid', () => {
    const edge = 'gateway.grpc.enabled=true';
    expect(() => chart.render([edge])).toThrow(/add kong to istio\.internalClients/);
    expect(() => chart.render([edge, 'gateway.mode=controller'])).toThrow(
      /namespace\/account\) to istio\.restCallers and istio\.internalClients/,
    );
    const rules = rulesOf(chart.render([edge, 'istio.internalClients={internal-client,kong}']), 'scheduler');
    const forKong = rules.filter(
      ({ from, to }) => to[0]!.operation.paths && from?.[0]?.source.principals?.includes('cluster.local/ns/prod/sa/kong'),
    );
    expect(forKong).toHaveLength(5);
    for (const { from, to } of forKong) {
      expect(to[0]!.operation.paths![0]).toContain(MIGRATION_SERVICE);
      expect(from![0]!.source.principals).toEqual(['cluster.local/ns/prod/sa/internal-client', 'cluster.local/ns/prod/sa/kong']);
    }
  });
});

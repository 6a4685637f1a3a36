import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describeIf } from '@smartant/test-servers';
import { ChartCopy, helmBinary, type Manifest } from './render-chart';

const helm = helmBinary();
const PROFILE = ['values-prod.yaml', 'values-kubesphere.yaml'];
const MIGRATORS = ['storage-migrator', 'db-migrator', 'host-migrator'];

interface Service {
  metadata: Manifest['metadata'];
  spec: { selector: Record<string, string>; ports: { name: string; port: number }[] };
}

interface Rpc {
  path: string;
  deadlineMs: number;
}
interface Routes {
  hosts: string[];
  http: { match: { uri?: { exact: string }; port: number }[]; route: object[]; timeout?: string; retries: object }[];
}

/** What makes KubeSphere's controllers write routes for a Service (`servicemesh.IsApplicationComponent`, `IsServicemeshEnabled`). */
const isGoverned = ({ metadata: { labels = {}, annotations = {} } }: Service) =>
  ['app', 'app.kubernetes.io/name', 'app.kubernetes.io/version'].every((label) => label in labels) &&
  annotations['servicemesh.kubesphere.io/enabled'] === 'true';

describeIf(helm ? null : 'helm is not installed', 'the chart where KubeSphere governs the mesh', () => {
  let chart: ChartCopy;
  beforeAll(() => void (chart = new ChartCopy(helm!)));
  afterAll(() => chart.remove());

  const render = (...values: string[]) => chart.render(values, PROFILE);
  const servicesOf = (manifests: Manifest[]) => manifests.filter(({ kind }) => kind === 'Service') as unknown as Service[];

  it('leaves routes of what it governs to KubeSphere, and names things as its console wants them', () => {
    const manifests = render();
    // It governs none of this name: see below.
    const routed = manifests
      .filter(({ kind }) => ['VirtualService', 'DestinationRule'].includes(kind))
      .map(({ metadata }) => metadata.name);
    expect(routed).toEqual(['scheduler-grpc', 'scheduler-grpc']);
    const application = manifests.find(({ kind, apiVersion }) => kind === 'Application' && apiVersion === 'app.k8s.io/v1beta1')!;
    expect(application.metadata).toMatchObject({ annotations: { 'servicemesh.kubesphere.io/enabled': 'true' } });
    for (const deployment of manifests.filter(({ kind, metadata }) => kind === 'Deployment' && metadata.name !== 'gateway-keys')) {
      const { selector, template } = deployment.spec as unknown as { selector: { matchLabels: object }; template: Manifest };
      const { app } = template.metadata.labels!;
      expect(deployment.metadata.name).toBe(`${app}-v1`);
      expect(selector.matchLabels).toMatchObject({ app, 'app.kubernetes.io/name': 'smartant', 'app.kubernetes.io/version': 'v1' });
      expect(template.metadata.labels).toMatchObject({
        version: 'v1',
        'sidecar.istio.io/inject': 'true',
        'service.istio.io/canonical-name': app,
      });
    }
  });

  it('gives each service that it governs one port, since one that takes over gets all ports at the first', () => {
    const services = servicesOf(render());
    const governed = services.filter(isGoverned);
    expect(governed.map(({ metadata, spec }) => [metadata.name, spec.ports.map(({ name, port }) => `${name} ${port}`)])).toEqual([
      ['db-migrator', ['grpc 7421']],
      ['host-migrator', ['grpc 7441']],
      ['notifier', ['grpc 7451']],
      ['scheduler', ['http 7400']],
      ['storage-migrator', ['grpc 7411']],
    ]);
    for (const { metadata, spec } of governed) {
      expect(metadata.name).toBe(spec.selector['app']);
      expect(spec.selector['version']).toBeUndefined();
    }
    const others = services.filter((service) => !isGoverned(service));
    expect(others.map(({ metadata, spec }) => [metadata.name, spec.selector['app'], spec.ports[0]!.port])).toEqual([
      ['db-migrator-admin', 'db-migrator', 7402],
      ['host-migrator-admin', 'host-migrator', 7402],
      ['notifier-admin', 'notifier', 7402],
      ['scheduler-grpc', 'scheduler', 7401],
      ['scheduler-admin', 'scheduler', 7402],
      ['storage-migrator-admin', 'storage-migrator', 7402],
    ]);
  });

  it('calls each at the name that has the port, and lets nobody call another', () => {
    const manifests = render('gateway.grpc.enabled=true', 'istio.internalClients={internal-client,kong}');
    const ports = new Set(servicesOf(manifests).flatMap(({ metadata, spec }) => spec.ports.map(({ port }) => `${metadata.name}:${port}`)));
    const deployments = manifests.filter(({ kind }) => kind === 'Deployment');
    const called = [...JSON.stringify(deployments).matchAll(/"SMARTANT_\w+_ADDRESS","value":"([^"]+)"/g)].map(([, address]) => address!);
    expect(new Set(called)).toEqual(
      new Set(['scheduler-grpc:7401', 'storage-migrator:7411', 'db-migrator:7421', 'host-migrator:7441', 'notifier:7451']),
    );
    for (const address of called) expect(ports).toContain(address);
    const backends = [...JSON.stringify(manifests).matchAll(/"service":\{"name":"([\w-]+)","port":\{"name":"(\w+)"\}\}/g)];
    expect(new Set(backends.map(([, name, port]) => `${name} ${port}`))).toEqual(new Set(['scheduler http', 'scheduler-grpc grpc']));
    const [grpc] = servicesOf(manifests).filter(({ metadata }) => metadata.name === 'scheduler-grpc');
    expect(grpc!.metadata.annotations).toMatchObject({ 'konghq.com/protocol': 'grpc', 'ingress.kubernetes.io/service-upstream': 'true' });
    for (const migrator of MIGRATORS) {
      const address = `services.${migrator}.env.SMARTANT_SCHEDULER_ADDRESS=scheduler:7401`;
      expect(() => render(address)).toThrow(/that port has a Service of its own/);
    }
    expect(() => render('gateway.grpc.enabled=true', 'gateway.scheduler.grpcHost=')).toThrow(/gateway\.scheduler\.grpcHost/);
  });

  it('routes what KubeSphere does not: gRPC of the scheduler is limited as its policies say, and repeated by nobody', () => {
    const manifests = render();
    const ungoverned = servicesOf(manifests).filter((service) => !isGoverned(service));
    const named = (kind: string) => manifests.find((manifest) => manifest.kind === kind)!.spec as unknown;
    const { hosts, http } = named('VirtualService') as Routes;
    expect(ungoverned.map(({ metadata }) => metadata.name)).toEqual(expect.arrayContaining(hosts));
    const { rpcs } = JSON.parse(readFileSync(join(__dirname, '..', '..', 'istio', 'files', 'rpc-policies.json'), 'utf8')) as {
      rpcs: Rpc[];
    };
    const own = rpcs.filter(({ path }) => !/\.(migrator|notification)\./.test(path));
    expect(http.map(({ match, timeout }) => [match[0]!.uri?.exact, timeout])).toEqual([
      ...own.map(({ path, deadlineMs }) => [path, deadlineMs ? `${deadlineMs + 2000}ms` : undefined]),
      [undefined, undefined],
    ]);
    for (const { match, route, retries } of http) {
      expect(match[0]!.port).toBe(7401);
      expect(route).toEqual([{ destination: { host: 'scheduler-grpc', port: { number: 7401 } } }]);
      expect(retries).toEqual({ attempts: 0 });
    }
    expect(named('DestinationRule')).toMatchObject({
      host: 'scheduler-grpc',
      trafficPolicy: { tls: { mode: 'ISTIO_MUTUAL' }, outlierDetection: { consecutive5xxErrors: 5 } },
    });
    expect(JSON.stringify(render('istio.enabled=false'))).not.toContain('"VirtualService"');
  });

  it('has metrics read where they are now', () => {
    const manifests = render();
    const monitors = manifests.filter(({ kind }) => kind === 'ServiceMonitor');
    expect(monitors).toHaveLength(5);
    for (const { spec } of monitors) {
      const { selector, endpoints } = spec as unknown as {
        selector: { matchLabels: Record<string, string> };
        endpoints: { port: string }[];
      };
      const chosen = servicesOf(manifests).filter(({ metadata }) => metadata.labels!['app'] === selector.matchLabels['app']);
      expect(chosen.flatMap(({ spec: { ports } }) => ports).filter(({ name }) => name === endpoints[0]!.port)).toHaveLength(1);
    }
  });
});

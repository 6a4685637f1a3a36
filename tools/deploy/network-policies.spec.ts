import { describeIf } from '@smartant/test-servers';
import { ChartCopy, helmBinary, type Manifest } from './render-chart';

const helm = helmBinary();

interface Peer {
  ipBlock?: { cidr: string };
  namespaceSelector?: { matchLabels: Record<string, string> };
}
interface Policy {
  podSelector: { matchLabels: Record<string, string> };
  policyTypes: string[];
  ingress?: { from?: Peer[]; ports?: { port: number; protocol?: string }[] }[];
  egress?: { to?: Peer[]; ports?: { port: number; protocol?: string }[] }[];
}

describeIf(helm ? null : 'helm is not installed', 'policies of the network', () => {
  let chart: ChartCopy;
  beforeAll(() => void (chart = new ChartCopy(helm!)));
  afterAll(() => chart.remove());

  const policy = (manifests: Manifest[], name: string) =>
    manifests.find(({ kind, metadata }) => kind === 'NetworkPolicy' && metadata.name === name)?.spec as unknown as Policy | undefined;

  it('let gateway-keys to the API of Kubernetes where it keeps Secrets there, and nobody else', () => {
    const name = 'gateway-keys-kubernetes';
    const ports = [443, 6443].map((port) => ({ port, protocol: 'TCP' }));
    expect(policy(chart.render(['gateway.mode=controller']), name)).toEqual({
      podSelector: { matchLabels: { app: 'gateway-keys' } },
      policyTypes: ['Egress'],
      egress: [{ to: [{ ipBlock: { cidr: '0.0.0.0/0' } }], ports }],
    });
    const values = ['networkPolicies.kubernetesApi.addresses={10.96.0.1/32,10.0.0.10/32}', 'networkPolicies.kubernetesApi.ports={443}'];
    expect(policy(chart.render(['gateway.mode=controller', ...values]), name)!.egress).toEqual([
      { to: [{ ipBlock: { cidr: '10.96.0.1/32' } }, { ipBlock: { cidr: '10.0.0.10/32' } }], ports: [ports[0]] },
    ]);
    for (const value of ['gateway.mode=dbless', 'gateway.enabled=false', 'networkPolicies.enabled=false'])
      expect(policy(chart.render([value]), name)).toBeUndefined();
  });

  it('let every pod ask for names, also at a cache on its node', () => {
    const ports = ['UDP', 'TCP'].map((protocol) => ({ port: 53, protocol }));
    const asked = policy(chart.render(), 'smartant-common')!.egress!.filter((rule) => rule.ports?.some(({ port }) => port === 53));
    expect(asked).toEqual([
      { to: [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'kube-system' } } }], ports },
      { to: ['169.254.25.10/32', '169.254.20.10/32'].map((cidr) => ({ ipBlock: { cidr } })), ports },
    ]);
    const without = policy(chart.render(['networkPolicies.dnsAddresses=null']), 'smartant-common')!;
    expect(JSON.stringify(without)).not.toContain('ipBlock');
  });

  it('let whoever comes from outside to what is offered to people, and Prometheus alone to metrics', () => {
    const edge = (...values: string[]) => policy(chart.render(values, ['values-dev.yaml']), 'smartant-edge')!;
    expect(edge()).toMatchObject({ podSelector: { matchLabels: { app: 'kong' } }, ingress: [{ ports: [{ port: 8000 }, { port: 8443 }] }] });
    expect(edge('gateway.mode=controller')).toMatchObject({
      podSelector: { matchLabels: { app: 'scheduler' } },
      ingress: [{ ports: [{ port: 7400 }] }],
    });
    const grpc = ['gateway.mode=controller', 'gateway.grpc.enabled=true', 'istio.internalClients={kong}'];
    expect(edge(...grpc).ingress![0]!.ports).toEqual([{ port: 7400 }, { port: 7401 }]);
    const named = policy(chart.render(['networkPolicies.gatewayFrom[0].ipBlock.cidr=10.0.0.0/8']), 'smartant-edge')!;
    expect(named.ingress).toEqual([{ ports: [{ port: 8000 }, { port: 8443 }], from: [{ ipBlock: { cidr: '10.0.0.0/8' } }] }]);
    expect(policy(chart.render(), 'kong-metrics')!.ingress).toEqual([
      {
        from: [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'monitoring' } } }],
        ports: [{ port: 8100 }, { port: 7432 }],
      },
    ]);
    const controller = chart.render(['gateway.mode=controller']);
    expect(policy(controller, 'kong-metrics')).toBeUndefined();
    expect(policy(controller, 'gateway-keys-metrics')).toMatchObject({
      podSelector: { matchLabels: { app: 'gateway-keys' } },
      ingress: [{ from: policy(chart.render(), 'kong-metrics')!.ingress![0]!.from, ports: [{ port: 7432 }] }],
    });
  });

  it('let Prometheus to every port that the monitors name', () => {
    const manifests = chart.render([], ['values-prod.yaml']);
    const monitor = manifests.find(({ kind }) => kind === 'PodMonitor')!.spec as unknown as {
      selector: { matchLabels: Record<string, string> };
      podMetricsEndpoints: { port: string }[];
    };
    const kong = manifests.find(({ kind, metadata }) => kind === 'Deployment' && metadata.name === 'kong')!.spec as unknown as {
      template: { metadata: { labels: object }; spec: { containers: { ports: { name: string; containerPort: number }[] }[] } };
    };
    expect(kong.template.metadata.labels).toMatchObject(monitor.selector.matchLabels);
    const ports = kong.template.spec.containers.flatMap((container) => container.ports);
    const read = monitor.podMetricsEndpoints.map(({ port }) => ({ port: ports.find(({ name }) => name === port)!.containerPort }));
    expect(policy(manifests, 'kong-metrics')!.ingress![0]!.ports).toEqual(read);
  });
});

import { describeIf } from '@smartant/test-servers';
import { ChartCopy, helmBinary, type Manifest } from './render-chart';

const helm = helmBinary();
const ON = 'notifier.intake.enabled=true';
const NAMESPACE = 'notifier.intake.from[0].namespaceSelector.matchLabels.team=monitoring';
const CALLER = 'notifier.intake.callers={monitoring/alertmanager-main}';

describeIf(helm ? null : 'helm is not installed', 'the intake of alerts in a cluster', () => {
  let chart: ChartCopy;
  beforeAll(() => void (chart = new ChartCopy(helm!)));
  afterAll(() => chart.remove());

  const named = (manifests: Manifest[], kind: string, name: string) =>
    manifests.find((manifest) => manifest.kind === kind && manifest.metadata.name === name);
  const intakes = (manifests: Manifest[]) =>
    manifests.filter(({ metadata }) => metadata.name === 'notifier-intake').map(({ kind }) => kind);
  const notifier = (manifests: Manifest[]) =>
    named(manifests, 'Deployment', 'notifier-v1')!.spec as unknown as {
      template: Manifest & { spec: { containers: { ports: object[]; env: object[] }[] } };
    };

  it('is not there unless it is asked for', () => {
    const manifests = chart.render();
    expect(intakes(manifests)).toEqual([]);
    expect(JSON.stringify(manifests)).not.toMatch(/INTAKE_PORT|http-intake/);
  });

  it('is open to nobody by itself', () => {
    const manifests = chart.render([ON]);
    expect(intakes(manifests)).toEqual(['Service']);
    const [container] = notifier(manifests).template.spec.containers;
    expect(container!.ports).toContainEqual({ name: 'http-intake', containerPort: 7453 });
    expect(container!.env).toContainEqual({ name: 'SMARTANT_INTAKE_PORT', value: '7453' });
    expect(named(manifests, 'Service', 'notifier-intake')!.spec).toMatchObject({
      selector: { app: 'notifier' },
      ports: [{ name: 'http', port: 7453, targetPort: 'http-intake' }],
    });
  });

  it('lets in whoever is named, by their network and their certificate, to bring alerts', () => {
    const manifests = chart.render([ON, NAMESPACE, CALLER, 'notifier.intake.port=7500']);
    expect(named(manifests, 'NetworkPolicy', 'notifier-intake')!.spec).toEqual({
      podSelector: { matchLabels: { app: 'notifier' } },
      policyTypes: ['Ingress'],
      ingress: [{ ports: [{ port: 7500 }], from: [{ namespaceSelector: { matchLabels: { team: 'monitoring' } } }] }],
    });
    expect(named(manifests, 'AuthorizationPolicy', 'notifier-intake')!.spec).toMatchObject({
      selector: { matchLabels: { app: 'notifier' } },
      action: 'ALLOW',
      rules: [
        {
          from: [{ source: { principals: ['cluster.local/ns/monitoring/sa/alertmanager-main'] } }],
          to: [{ operation: { ports: ['7500'], methods: ['POST'], paths: ['/intake/alertmanager', '/intake/kubesphere'] } }],
        },
      ],
    });
    expect(notifier(manifests).template.metadata.annotations).not.toHaveProperty('traffic.sidecar.istio.io/excludeInboundPorts');
  });

  it('is left out of the mesh for senders without a sidecar, and no more than that port', () => {
    const manifests = chart.render([ON, NAMESPACE, CALLER, 'notifier.intake.plaintext=true']);
    expect(intakes(manifests).sort()).toEqual(['NetworkPolicy', 'Service']);
    expect(notifier(manifests).template.metadata.annotations).toMatchObject({ 'traffic.sidecar.istio.io/excludeInboundPorts': '7453' });
    expect(named(manifests, 'PeerAuthentication', 'notifier')!.spec).toMatchObject({ mtls: { mode: 'STRICT' } });
  });

  it('is the same where KubeSphere governs the mesh', () => {
    expect(intakes(chart.render([ON, NAMESPACE, CALLER], ['values-kubesphere.yaml'])).sort()).toEqual([
      'AuthorizationPolicy',
      'DestinationRule',
      'NetworkPolicy',
      'Service',
    ]);
  });

  it.each(['notifier.intake.port=80', 'notifier.intake.callers={*}', 'notifier.intake.odd=1'])('refuses %s', (value) => {
    expect(() => chart.render([ON, value])).toThrow();
  });
});

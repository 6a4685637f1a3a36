import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describeIf } from '@smartant/test-servers';
import { ChartCopy, helmBinary } from './render-chart';

const ROOT = join(__dirname, '..', '..');
const helm = helmBinary();

describeIf(helm ? null : 'helm is not installed', 'the chart', () => {
  let chart: ChartCopy;
  beforeAll(() => {
    chart = new ChartCopy(helm!);
  });
  afterAll(() => chart.remove());

  /** Without the gateway, which has a spec of its own. */
  const render = (...values: string[]) => chart.render(['gateway.enabled=false', ...values]);

  it('passes helm lint', () => {
    expect(chart.lint()).toContain('0 chart(s) failed');
  });

  it('names deployments and labels as a KubeSphere canary needs', () => {
    const deployments = render().filter((manifest) => manifest.kind === 'Deployment');
    expect(deployments.map((manifest) => manifest.metadata.name).sort()).toEqual([
      'db-migrator-v1',
      'host-migrator-v1',
      'notifier-v1',
      'scheduler-v1',
      'storage-migrator-v1',
    ]);
    for (const { metadata } of deployments) expect(metadata.labels).toMatchObject({ 'app.kubernetes.io/version': 'v1', version: 'v1' });
  });

  it('mounts master keys where a secret for them is named, so that they can change without a restart', () => {
    const scheduler = (...values: string[]) => JSON.stringify(render(...values).find(({ metadata }) => metadata.name === 'scheduler-v1'));
    expect(scheduler()).not.toContain('/keys');
    const mounted = scheduler('services.scheduler.keysSecret=smartant-keys');
    expect(mounted).toContain('{"name":"SMARTANT_MASTER_KEYS_EXTRA_FILE","value":"/keys/master-keys-extra"}');
    expect(mounted).toContain('{"name":"keys","mountPath":"/keys","readOnly":true}');
    expect(mounted).toContain('{"name":"keys","secret":{"secretName":"smartant-keys","defaultMode":288}}');
    const signsIn = scheduler('services.scheduler.kmsTokenAudience=vault');
    expect(signsIn).toContain('{"name":"SMARTANT_TRANSIT_KUBERNETES_TOKEN_FILE","value":"/kms-token/token"}');
    expect(signsIn).toContain('{"serviceAccountToken":{"path":"token","audience":"vault","expirationSeconds":600}}');
  });

  it('keeps scratch on the node, or on a volume of a storage class, and mounts the folders of file roots', () => {
    const pods = (...values: string[]) => {
      const deployments = render(...values).filter(({ kind }) => kind === 'Deployment');
      return Object.fromEntries(deployments.map((deployment) => [deployment.metadata.name, JSON.stringify(deployment)]));
    };
    const plain = pods();
    expect(plain['db-migrator-v1']).toContain('{"name":"tmp","emptyDir":{"sizeLimit":"20Gi"}}');
    expect(Object.values(plain).join()).not.toContain('storageClassName');
    const [service, file] = ['services.db-migrator.scratch.storageClassName=rbd', 'services.storage-migrator.fileVolumes[0]'];
    const asked = pods(service, `${file}.claimName=photos`, `${file}.path=/srv/photos`, `${file}.readOnly=true`);
    expect(asked['db-migrator-v1']).toContain('"storageClassName":"rbd","resources":{"requests":{"storage":"20Gi"}}');
    expect(asked['storage-migrator-v1']).toContain('{"name":"files-0","mountPath":"/srv/photos","readOnly":true}');
    expect(asked['storage-migrator-v1']).toContain('{"name":"files-0","persistentVolumeClaim":{"claimName":"photos","readOnly":true}}');
    expect(asked['host-migrator-v1']).toBe(plain['host-migrator-v1']);
  });

  it('hands the ranges of the cluster to the guard of every service', () => {
    const deployments = render('egress.deny={10.244.0.0/16,10.96.0.0/12}').filter((manifest) => manifest.kind === 'Deployment');
    for (const deployment of deployments)
      expect(JSON.stringify(deployment)).toContain('{"name":"SMARTANT_EGRESS_DENY","value":"10.244.0.0/16,10.96.0.0/12"}');
    expect(JSON.stringify(render())).not.toContain('SMARTANT_EGRESS');
  });

  it('sends traces where the exporter goes, and names no exporter without a place', () => {
    const endpoints = (...values: string[]) =>
      new Set(
        [...JSON.stringify(render(...values)).matchAll(/"(OTEL_EXPORTER_\w+)","value":"([^"]+)"/g)].map(
          ([, name, value]) => `${name} ${value}`,
        ),
      );
    expect(endpoints()).toEqual(new Set(['OTEL_EXPORTER_OTLP_ENDPOINT http://otel-collector.observability:4318']));
    const jaeger = 'telemetry.exporter=jaeger';
    expect(endpoints(jaeger, 'telemetry.jaegerEndpoint=http://jaeger:14268/api/traces')).toEqual(
      new Set(['OTEL_EXPORTER_JAEGER_ENDPOINT http://jaeger:14268/api/traces']),
    );
    expect(endpoints('telemetry.exporter=none')).toEqual(new Set());
    expect(() => render(jaeger)).toThrow(/telemetry\.jaegerEndpoint/);
    expect(JSON.stringify(chart.render([], ['values-kubesphere.yaml']))).toContain(
      '"value":"http://jaeger-collector.istio-system:14268/api/traces"',
    );
  });

  it('tells the scheduler where people reach it, and whom it believes their addresses', () => {
    const told = (...values: string[]) => {
      const deployments = chart.render(values).filter(({ kind }) => kind === 'Deployment');
      const settings = (text: string) =>
        Object.fromEntries(
          [...text.matchAll(/"(SMARTANT_PUBLIC_URL|SMARTANT_TRUSTED_PROXIES)","value":"([^"]*)"/g)].map(([, name, value]) => [name, value]),
        );
      for (const deployment of deployments.filter(({ metadata }) => metadata.name !== 'scheduler-v1')) {
        const { SMARTANT_PUBLIC_URL: address, ...others } = settings(JSON.stringify(deployment));
        expect(others).toEqual({});
        // Messages lead to the console.
        if (deployment.metadata.name !== 'notifier-v1') expect(address).toBeUndefined();
      }
      return settings(JSON.stringify(deployments.find(({ metadata }) => metadata.name === 'scheduler-v1')));
    };
    // Kong's requests come through the sidecar, which is on loopback.
    expect(told()).toEqual({ SMARTANT_TRUSTED_PROXIES: 'loopback' });
    expect(told('gateway.host=api.example.com', 'gateway.kong.trustedIps={192.0.2.0/24}')).toEqual({
      SMARTANT_PUBLIC_URL: 'https://api.example.com',
      SMARTANT_TRUSTED_PROXIES: 'loopback,192.0.2.0/24',
    });
    expect(told('gateway.host=api.example.com', 'publicUrl=https://example.com:8443', 'trustedProxies={10.244.0.0/16}')).toEqual({
      SMARTANT_PUBLIC_URL: 'https://example.com:8443',
      SMARTANT_TRUSTED_PROXIES: '10.244.0.0/16',
    });
  });

  it('allows each RPC only to the callers that its policy in proto/ names', () => {
    const policies = JSON.parse(readFileSync(join(ROOT, 'istio', 'files', 'rpc-policies.json'), 'utf8')) as {
      rpcs: { path: string; callers: string[] }[];
    };
    const rendered = JSON.stringify(render().filter((manifest) => manifest.kind === 'AuthorizationPolicy'));
    for (const { path, callers } of policies.rpcs) {
      expect(rendered).toContain(path);
      for (const caller of callers) expect(rendered).toContain(`cluster.local/ns/prod/sa/${caller}`);
    }
  });

  it('says whether zones matter, which Istio would decide by itself', () => {
    const settings = (...values: string[]) =>
      render(...values)
        .filter(({ kind }) => kind === 'DestinationRule')
        .map(({ spec }) => spec as unknown as { trafficPolicy: { loadBalancer: { localityLbSetting: { enabled: boolean } } } })
        .map(({ trafficPolicy }) => trafficPolicy.loadBalancer.localityLbSetting.enabled);
    expect(settings()).toEqual([true, true, true, true, true]);
    expect(settings('istio.localityFailover=false')).toEqual([false, false, false, false, false]);
  });

  it('leaves mesh and gateway out where they are switched off', () => {
    const kinds = new Set(render('istio.enabled=false', 'gateway.enabled=false').map((manifest) => manifest.kind));
    expect([...kinds].sort()).toEqual(['Deployment', 'Job', 'NetworkPolicy', 'PodDisruptionBudget', 'Service', 'ServiceAccount']);
  });

  it.each(['image.tag=latest', 'version=V1_not', 'adminPort=80', 'telemetry.exporter=zipkin'])('refuses %s', (value) => {
    expect(() => render(value)).toThrow(/values don't meet the specifications|schema/);
  });
});

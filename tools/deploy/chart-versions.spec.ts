import { describeIf } from '@smartant/test-servers';
import { ChartCopy, helmBinary, type Manifest } from './render-chart';

const helm = helmBinary();
const SERVICES = ['db-migrator', 'host-migrator', 'notifier', 'scheduler', 'storage-migrator'];
const TAKEN_OVER = 'services.storage-migrator.version=v2';

interface Pods {
  selector: { matchLabels: Record<string, string> };
  template: { metadata: { labels: Record<string, string> }; spec: { containers: { image: string }[] } };
}
interface Rule {
  spec: { host: string; subsets: { name: string; labels: { version: string } }[] };
}

describeIf(helm ? null : 'helm is not installed', 'versions of services', () => {
  let chart: ChartCopy;
  beforeAll(() => void (chart = new ChartCopy(helm!)));
  afterAll(() => chart.remove());

  const of = (manifests: Manifest[], kind: string) => manifests.filter((manifest) => manifest.kind === kind);
  const podsOf = (manifests: Manifest[], name: string) =>
    of(manifests, 'Deployment').find(({ metadata }) => metadata.name === name)!.spec as unknown as Pods;

  it('are one for all, or one of a service alone, which a canary has taken over', () => {
    const names = (...values: string[]) =>
      ['Deployment', 'Job'].map((kind) =>
        of(chart.render(['gateway.enabled=false', ...values]), kind)
          .map(({ metadata }) => metadata.name)
          .sort(),
      );
    expect(names('version=v3')).toEqual([SERVICES.map((name) => `${name}-v3`), SERVICES.map((name) => `${name}-schema-v3`)]);
    const [deployments, jobs] = names(TAKEN_OVER);
    expect(deployments).toEqual(['db-migrator-v1', 'host-migrator-v1', 'notifier-v1', 'scheduler-v1', 'storage-migrator-v2']);
    expect(jobs).toEqual([
      'db-migrator-schema-v1',
      'host-migrator-schema-v1',
      'notifier-schema-v1',
      'scheduler-schema-v1',
      'storage-migrator-schema-v2',
    ]);
  });

  it('come with an image of their own, and change nothing that cannot be changed', () => {
    const manifests = chart.render([TAKEN_OVER, 'services.storage-migrator.tag=1.3.0', 'image.tag=1.2.0']);
    const { selector, template } = podsOf(manifests, 'storage-migrator-v2');
    expect(template.spec.containers[0]!.image).toBe('smartant/storage-migrator:1.3.0');
    expect(podsOf(manifests, 'db-migrator-v1').template.spec.containers[0]!.image).toBe('smartant/db-migrator:1.2.0');
    // As KubeSphere's console makes it of the first version: its labels with another `version`.
    expect(selector.matchLabels).toEqual({
      app: 'storage-migrator',
      'app.kubernetes.io/name': 'smartant',
      'app.kubernetes.io/version': 'v1',
      version: 'v2',
    });
    expect(template.metadata.labels).toMatchObject({ ...selector.matchLabels, 'service.istio.io/canonical-revision': 'v2' });
  });

  it.each(['hpa', 'keda'])('are what is scaled (%s)', (autoscaler) => {
    const manifests = chart.render([TAKEN_OVER, `autoscaler=${autoscaler}`], ['values-prod.yaml']);
    const scaled = manifests.flatMap(({ spec }) => (spec as { scaleTargetRef?: { name: string } } | undefined)?.scaleTargetRef?.name ?? []);
    expect(scaled.sort()).toEqual(['db-migrator-v1', 'host-migrator-v1', 'notifier-v1', 'scheduler-v1', 'storage-migrator-v2']);
  });

  it.each([
    ['version=v2'],
    [TAKEN_OVER],
    [TAKEN_OVER, 'istio.canaries.storage-migrator[0].version=v3', 'istio.canaries.storage-migrator[0].weight=5'],
  ])('are where requests go: no route leads to a version that nobody runs (%s)', (...values) => {
    const canary = values.some((value) => value.includes('v3')) ? ['services.storage-migrator.canary.version=v3'] : [];
    const manifests = chart.render(['gateway.enabled=false', ...values, ...canary]);
    const running = new Set(
      of(manifests, 'Deployment')
        .map(({ spec }) => (spec as unknown as Pods).template.metadata.labels)
        .map(({ app, version }) => `${app} ${version}`),
    );
    const subsets = (of(manifests, 'DestinationRule') as unknown as Rule[]).flatMap(({ spec }) =>
      spec.subsets.map(({ name, labels }) => (expect(name).toBe(labels.version), `${spec.host} ${name}`)),
    );
    expect(new Set(subsets)).toEqual(running);
    const destinations = [
      ...JSON.stringify(of(manifests, 'VirtualService')).matchAll(/"host":"([\w-]+)","port":\{"number":\d+\},"subset":"(\w+)"/g),
    ];
    expect(destinations.length).toBeGreaterThan(10);
    for (const [, host, subset] of destinations) expect(running).toContain(`${host} ${subset}`);
  });

  it('cannot be both the first and a canary', () => {
    expect(() => chart.render([TAKEN_OVER, 'services.storage-migrator.canary.version=v2'])).toThrow(/runs already/);
  });
});

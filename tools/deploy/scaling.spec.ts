import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describeIf } from '@smartant/test-servers';
import { ChartCopy, helmBinary, type Manifest } from './render-chart';

const ROOT = join(__dirname, '..', '..');
const helm = helmBinary();
const PROFILES = [['values-prod.yaml'], ['values-prod.yaml', 'values-kubesphere.yaml']];

/** What the Prometheus operator adds to every sample of a ServiceMonitor. */
const ALWAYS = ['namespace', 'service', 'pod', 'endpoint', 'container', 'instance', 'job'];

interface Monitor {
  metadata: Manifest['metadata'];
  spec: { selector: { matchLabels: Record<string, string> }; targetLabels?: string[] };
}

describeIf(helm ? null : 'helm is not installed', 'scaling by pending work', () => {
  let chart: ChartCopy;
  beforeAll(() => void (chart = new ChartCopy(helm!)));
  afterAll(() => chart.remove());

  /** Labels of the samples of one service, as the chart's own ServiceMonitor has them made; the values that are known. */
  function labelsOf(manifests: Manifest[], service: string): Record<string, string> {
    const { spec } = manifests.find(({ kind, metadata }) => kind === 'ServiceMonitor' && metadata.name === service) as never as Monitor;
    const matches = (labels: Record<string, string>) =>
      Object.entries(spec.selector.matchLabels).every(([name, value]) => labels[name] === value);
    const read = manifests
      .filter(({ kind, metadata }) => kind === 'Service' && matches(metadata.labels!))
      .find((service) => (service.spec as unknown as { ports: { name: string }[] }).ports.some(({ name }) => name === 'http-admin'))!;
    const added = (spec.targetLabels ?? []).map((name) => [name, read.metadata.labels![name]!]);
    return { ...Object.fromEntries(ALWAYS.map((name) => [name, ''])), namespace: 'prod', ...Object.fromEntries(added) };
  }

  it.each(PROFILES.map((files) => [files.join(' + '), files] as const))('asks KEDA for labels that its metrics have (%s)', (_, files) => {
    const manifests = chart.render(['autoscaler=keda'], files);
    const queries = manifests
      .filter(({ kind }) => kind === 'ScaledObject')
      .flatMap(({ metadata, spec }) =>
        (spec as unknown as { triggers: { metadata: { query?: string } }[] }).triggers.flatMap(({ metadata: { query } }) =>
          query ? [{ service: metadata.name, query }] : [],
        ),
      );
    expect(queries).toHaveLength(3);
    for (const { service, query } of queries) {
      const asked = Object.fromEntries([...query.matchAll(/(\w+)="([^"]*)"/g)].map(([, name, value]) => [name!, value!]));
      expect(asked).toEqual({ namespace: 'prod', app: service });
      expect(labelsOf(manifests, service)).toMatchObject(asked);
    }
  });

  it.each(PROFILES.map((files) => [files.join(' + '), files] as const))(
    'tells the Prometheus adapter the Service that it is of (%s)',
    (_, files) => {
      const manifests = chart.render([], files);
      const objects = manifests
        .filter(({ kind }) => kind === 'HorizontalPodAutoscaler')
        .flatMap(
          ({ spec }) =>
            (spec as unknown as { metrics: { object?: { describedObject: { name: string }; metric: { name: string } } }[] }).metrics,
        )
        .flatMap(({ object }) => object ?? []);
      expect(objects).toHaveLength(3);
      // The adapter finds series by the guide's rule: its labels name the namespace and the Service.
      const rule = /```yaml\n(rules:[\s\S]*?)```/.exec(readFileSync(join(ROOT, 'docs', 'guides', 'kubernetes.md'), 'utf8'))![1]!;
      const [, name, conditions] = /seriesQuery: (\w+)\{([^}]*)\}/.exec(rule)!;
      const [, label] = /(\w+): \{ resource: service \}/.exec(rule)!;
      for (const { describedObject, metric } of objects) {
        const labels = labelsOf(manifests, describedObject.name);
        expect(metric.name).toBe(name);
        for (const [, needed] of conditions!.matchAll(/(\w+)!=""/g)) expect(Object.keys(labels)).toContain(needed);
        expect(labels[label!]).toBe(describedObject.name);
        expect(manifests.some(({ kind, metadata }) => kind === 'Service' && metadata.name === describedObject.name)).toBe(true);
      }
    },
  );
});

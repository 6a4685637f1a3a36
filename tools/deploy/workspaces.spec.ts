import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describeIf } from '@smartant/test-servers';
import { parseAllDocuments } from 'yaml';
import { ChartCopy, helmBinary, type Manifest } from './render-chart';

const FILE = join(__dirname, '..', '..', 'deploy', 'kubesphere', 'workspaces.yaml');
const environments = parseAllDocuments(readFileSync(FILE, 'utf8')).map((document) => document.toJS() as Manifest);

const helm = helmBinary();
/** What Istio's injector asks for a sidecar by default. */
const SIDECAR = { requests: { cpu: '100m', memory: '128Mi' }, limits: { memory: '1Gi' } };
const BOUNDED = ['requests.cpu', 'requests.memory', 'limits.memory'] as const;

interface Resources {
  requests: Record<string, string>;
  limits: Record<string, string>;
}
interface Workload {
  metadata: { name: string };
  spec: { replicas?: number; template: { metadata: { labels: Record<string, string> }; spec: { containers: { resources: Resources }[] } } };
}

/** "500m", "1Gi" */
function amount(quantity: string): number {
  const [, value, unit] = /^(\d+)(m|Ki|Mi|Gi|)$/.exec(quantity)!;
  return Number(value) * { m: 0.001, Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30, '': 1 }[unit as 'm']!;
}

function podNeeds({ spec: { template } }: Workload, bound: (typeof BOUNDED)[number]): number {
  const [kind, name] = bound.split('.') as ['requests' | 'limits', string];
  const sidecars = template.metadata.labels['sidecar.istio.io/inject'] === 'true' ? [SIDECAR] : [];
  const resources = [...template.spec.containers.map((container) => container.resources), ...sidecars];
  return resources.reduce((sum, each) => sum + amount((each[kind] as Record<string, string>)[name]!), 0);
}

describe('projects of KubeSphere', () => {
  const projects = environments.filter(({ kind }) => kind === 'Namespace').map(({ metadata }) => metadata);

  it('let pods with a sidecar in, whose first container sets the network up, and warn of what the pods themselves ask', () => {
    expect(projects.map(({ name }) => name)).toEqual(['smartant-dev', 'smartant-test', 'smartant-prod']);
    for (const { labels } of projects) {
      expect(labels).toMatchObject({
        'istio-injection': 'enabled',
        // NET_ADMIN and NET_RAW of istio-init are refused by everything that is stricter.
        'pod-security.kubernetes.io/enforce': 'privileged',
        'pod-security.kubernetes.io/audit': 'baseline',
        'pod-security.kubernetes.io/warn': 'restricted',
      });
    }
  });

  it('have logs collected once, from stdout: no sidecar takes the same lines from files', () => {
    for (const { labels } of projects) expect(Object.keys(labels!).filter((name) => name.startsWith('logging.'))).toEqual([]);
  });

  describeIf(helm ? null : 'helm is not installed', 'with the chart', () => {
    let chart: ChartCopy;
    beforeAll(() => void (chart = new ChartCopy(helm!)));
    afterAll(() => chart.remove());

    const cases = ['dev', 'test', 'prod'].flatMap((environment) => [
      [environment, `values-${environment}.yaml`] as const,
      [environment, `values-${environment}.yaml`, 'values-kubesphere.yaml'] as const,
    ]);

    it.each(cases)(
      'hold all that %s asks for at most, with sidecars, one pod more of each while it is replaced, and jobs (%s)',
      (...given) => {
        const [environment, ...files] = given;
        const manifests = chart.render([], files.filter(Boolean) as string[]);
        const largest = new Map(
          manifests
            .filter(({ kind }) => kind === 'HorizontalPodAutoscaler')
            .map(({ spec }) => spec as unknown as { scaleTargetRef: { name: string }; maxReplicas: number })
            .map(({ scaleTargetRef, maxReplicas }) => [scaleTargetRef.name, maxReplicas]),
        );
        const of = (kind: string) => manifests.filter((manifest) => manifest.kind === kind) as unknown as Workload[];
        const pods = [
          ...of('Deployment').map((workload) => ({
            workload,
            count: (largest.get(workload.metadata.name) ?? workload.spec.replicas!) + 1,
          })),
          ...of('Job').map((workload) => ({ workload, count: 1 })),
        ];
        const quota = environments.find(
          ({ kind, metadata }) => kind === 'ResourceQuota' && metadata.namespace === `smartant-${environment}`,
        )!;
        const { hard } = quota.spec as unknown as { hard: Record<string, string> };
        for (const bound of BOUNDED) {
          const needed = pods.reduce((sum, { workload, count }) => sum + count * podNeeds(workload, bound), 0);
          expect([bound, needed, needed <= amount(hard[bound]!)]).toEqual([bound, needed, true]);
        }
        expect(pods.reduce((sum, { count }) => sum + count, 0)).toBeLessThanOrEqual(Number(hard['pods']));
      },
    );
  });
});

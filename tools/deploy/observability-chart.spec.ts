import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describeIf } from '@smartant/test-servers';
import { filesIn, FOLDER, readRules, type Rule } from '../observability/read-observability';
import { kubernetesVersions, ManifestSchemas } from './manifest-schemas';
import { ChartCopy, helmBinary, type Manifest } from './render-chart';

const helm = helmBinary();
const versions = kubernetesVersions();

interface Groups {
  groups: { name: string; rules: Rule[] }[];
}
interface ConsoleRules {
  rules: (Rule & { severity: string })[];
}

describeIf(helm ? null : 'helm is not installed', 'what the chart brings for Prometheus, Grafana and KubeSphere', () => {
  let chart: ChartCopy;
  beforeAll(() => {
    chart = new ChartCopy(helm!);
  });
  afterAll(() => chart.remove());

  const render = (...values: string[]) => chart.render(['gateway.enabled=false', 'istio.enabled=false', ...values]);
  const ofKind = (manifests: Manifest[], kind: string) => manifests.filter((manifest) => manifest.kind === kind);
  const rulesOf = (manifests: Manifest[]) =>
    ofKind(manifests, 'PrometheusRule').flatMap(({ spec }) => (spec as unknown as Groups).groups.flatMap(({ rules }) => rules));
  const consoleRules = (manifests: Manifest[]) =>
    ofKind(manifests, 'RuleGroup').flatMap(({ spec }) => (spec as unknown as ConsoleRules).rules);
  const nameOf = ({ alert, record, labels }: Rule) => `${alert ?? record} ${labels?.['slo'] ?? ''}`;
  const inOrder = (rules: Rule[]) => [...rules].sort((a, b) => nameOf(a).localeCompare(nameOf(b)));

  it('is nothing unless it is asked for', () => {
    const kinds = new Set(render().map(({ kind }) => kind));
    expect([...kinds].filter((kind) => ['PrometheusRule', 'RuleGroup', 'ServiceMonitor', 'ConfigMap'].includes(kind))).toEqual([]);
  });

  it('are the rules as they are tried, under the labels of the operator', () => {
    const manifests = render('observability.enabled=true', 'observability.rules.labels.release=prometheus');
    expect(inOrder(rulesOf(manifests))).toEqual(inOrder(readRules()));
    expect(ofKind(manifests, 'PrometheusRule')[0]!.metadata.labels).toMatchObject({ release: 'prometheus' });
    expect(ofKind(manifests, 'RuleGroup')).toEqual([]);
  });

  it('makes runbooks links', () => {
    const manifests = render('observability.enabled=true', 'observability.runbookBase=https://git.example.com/main/');
    const links = rulesOf(manifests).flatMap(({ annotations }) => annotations?.['runbook_url'] ?? []);
    for (const link of links) expect(link).toMatch(/^https:\/\/git\.example\.com\/main\/docs\/guides\/runbooks\.md#smartant[a-z]+$/);
  });

  it("has KubeSphere's console show alerts of the project, and the operator what they are made of", () => {
    const manifests = render('observability.enabled=true', 'observability.mode=kubesphere');
    const all = readRules();
    const [kept, shown] = [rulesOf(manifests), consoleRules(manifests)];
    expect(kept.filter(({ record }) => record)).toHaveLength(all.filter(({ record }) => record).length);
    const names = [...kept, ...shown].flatMap(({ alert }) => alert ?? []).sort();
    expect(names).toEqual(all.flatMap(({ alert }) => alert ?? []).sort());
    for (const { alert, severity, expr, for: pending } of shown) {
      const rule = all.find((candidate) => candidate.alert === alert)!;
      expect({ severity, expr, pending }).toEqual({ severity: rule.labels!['severity'], expr: rule.expr, pending: rule.for ?? '0s' });
    }
    // What the console confines to series of the namespace must have some.
    expect(shown.filter(({ expr }) => /istio_|kong_|kafka_|pg_|mesh_errors/.test(expr))).toEqual([]);
  });

  it('brings every dashboard, for the sidecar of Grafana', () => {
    const maps = ofKind(render('observability.enabled=true'), 'ConfigMap');
    const brought = Object.assign({}, ...maps.map(({ data }) => data)) as Record<string, string>;
    for (const file of filesIn('files/dashboards')) {
      const written = JSON.parse(readFileSync(join(FOLDER, file), 'utf8')) as object;
      expect(JSON.parse(brought[file.split('/').at(-1)!]!)).toEqual(written);
    }
    for (const { metadata } of maps) expect(metadata.labels).toMatchObject({ grafana_dashboard: '1' });
    expect(render('observability.enabled=true', 'observability.dashboards.enabled=false').some(({ kind }) => kind === 'ConfigMap')).toBe(
      false,
    );
  });

  describeIf(versions.length > 0 ? null : 'schemas are not there: npm run provision -- kubernetes-schemas', 'by the schemas', () => {
    it.each(['prometheus', 'kubesphere'])('is in order for %s', (mode) => {
      const schemas = new ManifestSchemas(versions.at(-1)!);
      const manifests = render('observability.enabled=true', `observability.mode=${mode}`, 'serviceMonitors.enabled=true');
      expect(manifests.flatMap((manifest) => schemas.problems(manifest))).toEqual([]);
    });
  });
});

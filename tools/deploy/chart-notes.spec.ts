import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describeIf } from '@smartant/test-servers';
import { ChartCopy, helmBinary } from './render-chart';

const helm = helmBinary();

describeIf(helm ? null : 'helm is not installed', 'what helm says after an installation', () => {
  let chart: ChartCopy;
  beforeAll(() => {
    chart = new ChartCopy(helm!);
    expect(readFileSync(join(chart.path, 'templates', 'NOTES.txt'), 'utf8').trim()).toBe('{{ include "smartant.notes" . }}');
    // helm says it to whoever has a cluster alone.
    writeFileSync(
      join(chart.path, 'templates', 'notes.yaml'),
      'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: notes }\ndata: { notes: {{ include "smartant.notes" . | quote }} }\n',
    );
  });
  afterAll(() => chart.remove());

  function warnings(values: readonly string[] = [], files: readonly string[] = []): string[] {
    const notes = chart.render(values, files).find(({ metadata }) => metadata.name === 'notes')!.data!['notes']!;
    expect(notes).toMatch(/^SmartAnt \d+\.\d+\.\d+ is in prod\.\n/);
    return [...notes.matchAll(/^MIND: (\S+)/gm)].map(([, value]) => value!);
  }
  const GIVEN = [
    'kafka.brokers=kafka:9092',
    'egress.deny={10.244.0.0/16}',
    'networkPolicies.backends[0].to[0].ipBlock.cidr=10.0.0.0/8',
    'networkPolicies.gatewayFrom[0].ipBlock.cidr=10.0.0.0/8',
  ];

  it('names what was not given, and why nothing works without', () => {
    expect(warnings()).toEqual(['networkPolicies.backends', 'networkPolicies.gatewayFrom', 'egress.deny', 'kafka.brokers']);
    expect(warnings(GIVEN)).toEqual([]);
    expect(warnings(['networkPolicies.enabled=false', 'kafka.brokers=kafka:9092'])).toEqual(['egress.deny']);
  });

  it('names the account of a controller’s Kong, which the mesh would refuse', () => {
    expect(warnings(GIVEN, ['values-prod.yaml', 'values-kubesphere.yaml'])).toEqual(['istio.restCallers']);
    expect(warnings([...GIVEN, 'istio.restCallers={gateway-keys,kong/kong-gateway}'], ['values-kubesphere.yaml'])).toEqual([]);
  });
});

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeIf } from '@smartant/test-servers';
import { parse } from 'yaml';
import { PROFILES } from '../../tools/deploy/chart-profiles';
import { ChartCopy, helmBinary, type Manifest } from '../../tools/deploy/render-chart';
import { meshProgram, whyNoMesh } from './mesh-programs';

const FAULTS = join(__dirname, '..', '..', 'istio', 'faults');
const faultFiles = readdirSync(FAULTS).filter((name) => name.endsWith('.yaml'));

/** What `kubectl get` would add: the project that all is in, with its sidecars. */
const PROJECT = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'prod', labels: { 'istio-injection': 'enabled' } } };

const CLEAN = { status: 0, said: expect.stringContaining('No validation issues found') as string };

describeIf(whyNoMesh('istioctl'), 'the chart, by istioctl', () => {
  let chart: ChartCopy;
  let folder: string;
  const rendered = new Map<string, Manifest[]>();
  beforeAll(() => {
    chart = new ChartCopy(helmBinary()!);
    folder = mkdtempSync(join(tmpdir(), 'smartant-istioctl-'));
    for (const [name, files, values] of PROFILES) rendered.set(name, chart.render(values, files));
  });
  afterAll(() => {
    chart.remove();
    rmSync(folder, { recursive: true, force: true });
  });

  function istioctl(args: string[], manifests: object[]): { status: number | null; said: string } {
    const file = join(folder, 'manifests.yaml');
    writeFileSync(file, manifests.map((manifest) => JSON.stringify(manifest)).join('\n---\n'));
    const { status, stdout, stderr } = spawnSync(meshProgram('istioctl'), [...args, file], { encoding: 'utf8' });
    return { status, said: stdout + stderr };
  }
  const validate = (manifests: object[]) => istioctl(['validate', '-f'], manifests);
  const analyze = (manifests: object[]) => istioctl(['analyze', '--use-kube=false', '-n', 'prod'], [PROJECT, ...manifests]);

  const profiles = PROFILES.map(([name]) => name);

  it.each(profiles)('is valid (%s)', (profile) => {
    expect(validate(rendered.get(profile)!)).toMatchObject({ status: 0, said: expect.not.stringMatching(/warning/i) as string });
  });

  it.each(profiles)('holds together: nothing is named that is not there (%s)', (profile) => {
    expect(analyze(rendered.get(profile)!)).toEqual(CLEAN);
  });

  it.each(faultFiles)('can be made to fail by faults/%s', (file) => {
    const fault = readFileSync(join(FAULTS, file), 'utf8');
    const { metadata } = parse(fault) as Manifest;
    const rest = rendered.get('as it comes')!.filter(({ kind, metadata: { name } }) => kind !== 'VirtualService' || name !== metadata.name);
    expect(validate([parse(fault) as Manifest]).status).toBe(0);
    expect(analyze([...rest, parse(fault) as Manifest])).toEqual(CLEAN);
  });

  it('would be found out of order', () => {
    const spoil = (kind: string, change: (spec: Record<string, unknown>) => void) => {
      const manifests = structuredClone(rendered.get('as it comes')!);
      change(manifests.find((manifest) => manifest.kind === kind)!.spec);
      return manifests;
    };
    const routes = (spec: Record<string, unknown>) => spec['http'] as { timeout?: string; route: { destination: { subset: string } }[] }[];
    expect(validate(spoil('VirtualService', (spec) => void (routes(spec)[0]!.timeout = 'soon'))).status).not.toBe(0);
    expect(analyze(spoil('VirtualService', (spec) => void (routes(spec)[0]!.route[0]!.destination.subset = 'v9'))).said).toContain(
      'IST0101',
    );
    expect(analyze(spoil('DestinationRule', (spec) => void (spec['host'] = 'nobody'))).said).toContain('IST0101');
  });
});

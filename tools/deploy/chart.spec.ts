import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { describeIf } from '@smartant/test-servers';

const ROOT = join(__dirname, '..', '..');

interface Manifest {
  kind: string;
  metadata: { name: string; labels?: Record<string, string> };
  spec: Record<string, never>;
}

function helmBinary(): string | null {
  for (const candidate of [join(process.env['SMARTANT_CACHE'] ?? join(homedir(), '.cache', 'smartant'), 'bin', 'helm'), 'helm']) {
    try {
      execFileSync(candidate, ['version', '--short'], { stdio: 'ignore' });
      return candidate;
    } catch {
      // not this one
    }
  }
  return null;
}

const helm = helmBinary();

describeIf(helm ? null : 'helm is not installed', 'the chart', () => {
  const work = mkdtempSync(join(tmpdir(), 'smartant-chart-'));
  const chart = join(work, 'helm', 'smartant');

  const render = (...values: string[]): Manifest[] =>
    parseAllDocuments(
      execFileSync(helm!, ['template', 'smartant', chart, '-n', 'prod', ...values.flatMap((value) => ['--set', value])], {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'pipe'],
      }),
    )
      .map((document) => document.toJS() as Manifest | null)
      .filter((manifest): manifest is Manifest => manifest !== null);

  beforeAll(() => {
    for (const folder of ['helm', 'gateway', 'istio']) cpSync(join(ROOT, folder), join(work, folder), { recursive: true });
    execFileSync(helm!, ['dependency', 'update', chart, '--skip-refresh'], { stdio: 'ignore' });
  });
  afterAll(() => rmSync(work, { recursive: true, force: true }));

  it('passes helm lint', () => {
    expect(execFileSync(helm!, ['lint', '--strict', chart], { encoding: 'utf8' })).toContain('0 chart(s) failed');
  });

  it('names deployments and labels as a KubeSphere canary needs', () => {
    const deployments = render().filter((manifest) => manifest.kind === 'Deployment');
    expect(deployments.map((manifest) => manifest.metadata.name).sort()).toEqual(['db-migrator-v1', 'scheduler-v1', 'storage-migrator-v1']);
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

  it('hands the ranges of the cluster to the guard of every service', () => {
    const deployments = render('egress.deny={10.244.0.0/16,10.96.0.0/12}').filter((manifest) => manifest.kind === 'Deployment');
    for (const deployment of deployments)
      expect(JSON.stringify(deployment)).toContain('{"name":"SMARTANT_EGRESS_DENY","value":"10.244.0.0/16,10.96.0.0/12"}');
    expect(JSON.stringify(render())).not.toContain('SMARTANT_EGRESS');
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

  it('leaves mesh and gateway out where they are switched off', () => {
    const kinds = new Set(render('istio.enabled=false', 'gateway.enabled=false').map((manifest) => manifest.kind));
    expect([...kinds].sort()).toEqual(['Deployment', 'PodDisruptionBudget', 'Service', 'ServiceAccount']);
  });

  it.each(['image.tag=latest', 'version=V1_not', 'adminPort=80', 'telemetry.exporter=zipkin'])('refuses %s', (value) => {
    expect(() => render(value)).toThrow(/values don't meet the specifications|schema/);
  });
});

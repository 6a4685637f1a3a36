import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { describeIf } from '@smartant/test-servers';
import { parse, parseAllDocuments } from 'yaml';
import { ChartCopy, helmBinary, type Manifest } from './render-chart';

const ROOT = join(__dirname, '..', '..');
const FOLDER = join(ROOT, 'deploy', 'kind');
const helm = helmBinary();

interface Secret {
  name: string;
  keys: string[];
}

/** Runs the script with a kubectl that only notes what secrets it is asked to make, and with which keys. */
function secretsMade(data: string): Secret[] {
  const bin = join(data, 'bin');
  const notes = join(data, 'notes');
  mkdirSync(bin);
  writeFileSync(
    join(bin, 'kubectl'),
    `#!/bin/sh
if [ "$1 $2 $3" = 'create secret generic' ]; then
  printf '%s' "$4" >>'${notes}'; shift 4
  for argument in "$@"; do case $argument in
    --from-file=*) printf ' %s' "\${argument##*/}" >>'${notes}' ;;
    --from-env-file=*) for key in $(cut -d= -f1 "\${argument#*=}"); do printf ' %s' "$key" >>'${notes}'; done ;;
  esac; done
  echo >>'${notes}'
else cat >/dev/null; fi
`,
  );
  chmodSync(join(bin, 'kubectl'), 0o755);
  execFileSync(join(FOLDER, 'make-secrets.sh'), ['smartant-dev'], {
    env: { ...process.env, PATH: `${bin}${delimiter}${process.env['PATH']}`, SMARTANT_COMPOSE_DATA: data },
    stdio: 'pipe',
  });
  const lines = readFileSync(notes, 'utf8').trim().split('\n');
  return lines.map((line) => line.split(' ')).map(([name, ...keys]) => ({ name: name!, keys }));
}

describe('a cluster by kind', () => {
  let data: string;
  let secrets: Secret[];
  beforeAll(() => {
    data = mkdtempSync(join(tmpdir(), 'smartant-kind-'));
    execFileSync(process.execPath, [join(ROOT, 'tools', 'build', 'build.mjs'), 'libs/kernel', 'libs/platform'], { stdio: 'ignore' });
    execFileSync(process.execPath, [join(ROOT, 'deploy', 'compose', 'prepare.mjs'), data], { stdio: 'ignore' });
    secrets = secretsMade(data);
  });
  afterAll(() => rmSync(data, { recursive: true, force: true }));

  const backends = parseAllDocuments(readFileSync(join(FOLDER, 'backends.yaml'), 'utf8')).map((document) => document.toJS() as Manifest);

  it('has backends outside the mesh, with the secrets that the script makes', () => {
    const deployments = backends.filter(({ kind }) => kind === 'Deployment');
    for (const { spec } of deployments) {
      const { template } = spec as unknown as { template: { metadata: { labels: object }; spec: { volumes?: Volume[] } } };
      expect(template.metadata.labels).toMatchObject({ 'smartant.io/backend': 'true', 'sidecar.istio.io/inject': 'false' });
      for (const { secret } of template.spec.volumes ?? []) {
        if (!secret) continue;
        const made = secrets.find(({ name }) => name === secret.secretName)!;
        expect(made.keys).toEqual(expect.arrayContaining((secret.items ?? [{ key: 'password' }]).map(({ key }) => key)));
      }
    }
  });

  describeIf(helm ? null : 'helm is not installed', 'with the chart', () => {
    it('is given by its values what the chart needs of it', () => {
      const chart = new ChartCopy(helm!);
      try {
        cpSync(join(FOLDER, 'values.yaml'), join(chart.path, 'values-kind.yaml'));
        const text = JSON.stringify(chart.render([], ['values-dev.yaml', 'values-kind.yaml']));
        const services = backends.filter(({ kind }) => kind === 'Service').map(({ metadata }) => metadata.name);
        expect(services).toEqual(['postgres', 'kafka', 'redis']);
        expect(text).toContain('"value":"kafka:9092"');
        expect(text).toContain('host: redis');
        expect(text).toContain('"image":"smartant/scheduler:local"');
        expect(text).toContain('"image":"smartant/gateway-keys:local"');
        const named = new Set([...text.matchAll(/"secret(?:Ref|KeyRef)":\{"name":"([\w-]+)"/g)].map(([, name]) => name));
        expect(secrets.map(({ name }) => name)).toEqual(expect.arrayContaining([...named]));
        const scheduler = secrets.find(({ name }) => name === 'smartant-scheduler')!;
        expect(scheduler.keys.sort()).toEqual([
          'SMARTANT_ADMIN_PASSWORD',
          'SMARTANT_API_KEY_PEPPER',
          'SMARTANT_DATABASE_URL',
          'SMARTANT_MASTER_KEY',
        ]);
      } finally {
        chart.remove();
      }
    });
  });

  it('denies endpoints in the ranges of its pods and services', () => {
    const { networking } = parse(readFileSync(join(FOLDER, 'cluster.yaml'), 'utf8')) as { networking: Record<string, string> };
    const { egress } = parse(readFileSync(join(FOLDER, 'values.yaml'), 'utf8')) as { egress: { deny: string[] } };
    expect(egress.deny).toEqual([networking['podSubnet'], networking['serviceSubnet']]);
  });
});

interface Volume {
  secret?: { secretName: string; items?: { key: string }[] };
}

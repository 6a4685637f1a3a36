import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { describeIf } from '@smartant/test-servers';
import { parse, parseAllDocuments } from 'yaml';
import { kubernetesVersions, ManifestSchemas } from '../deploy/manifest-schemas';
import { helmBinary, type Manifest } from '../deploy/render-chart';

const ROOT = join(__dirname, '..', '..');
const REGISTRY = 'registry.example.com/smartant';
const DIGEST = `sha256:${'a'.repeat(64)}`;
const COMMIT = '0123456789abcdef0123456789abcdef01234567';

interface Source {
  repoURL: string;
  chart?: string;
  targetRevision: string;
  ref?: string;
  helm?: { releaseName: string; valueFiles: string[] };
}
interface Application extends Manifest {
  spec: Manifest['spec'] & { sources: Source[]; destination: { namespace: string } };
}
interface ApplicationSet {
  spec: { generators: { git: { repoURL: string; files: { path: string }[] } }[]; template: Application };
}

const read = (...path: string[]) => readFileSync(join(ROOT, ...path), 'utf8');
const applications = parse(read('deploy', 'argo-cd', 'application-set.yaml')) as ApplicationSet;
const project = parse(read('deploy', 'argo-cd', 'project.yaml')) as {
  spec: { sourceRepos: string[]; destinations: { namespace: string }[] };
};

/** What Argo CD makes of the template by one file of the generator. */
function application(environment: string, version: string): Application {
  const text = JSON.stringify(applications.spec.template).replaceAll('{{.path.basename}}', environment).replaceAll('{{.version}}', version);
  expect(text).not.toContain('{{');
  return { apiVersion: 'argoproj.io/v1alpha1', kind: 'Application', ...(JSON.parse(text) as Omit<Application, 'apiVersion' | 'kind'>) };
}

describe('applications of Argo CD', () => {
  it('are of dev and test, from sources and to namespaces that the project allows', () => {
    expect(applications.spec.generators.flatMap(({ git }) => git.files)).toEqual([{ path: 'dev/chart.yaml' }, { path: 'test/chart.yaml' }]);
    const made = ['dev', 'test'].map((environment) => application(environment, '1.2.3'));
    expect(project.spec.destinations.map(({ namespace }) => namespace)).toEqual(made.map(({ spec }) => spec.destination.namespace));
    for (const { spec } of made) expect(spec.sources.map(({ repoURL }) => repoURL).sort()).toEqual([...project.spec.sourceRepos].sort());
  });

  const [newest] = kubernetesVersions().slice(-1);
  (newest ? it : it.skip)('are what the schema of Argo CD takes', () => {
    expect(new ManifestSchemas(newest!).problems(application('dev', '1.2.3'))).toEqual([]);
  });
});

/** From the published chart and the repository of the environments to manifests, as Argo CD does it: helm template with these files. */
describeIf(helmBinary() ? null : 'helm is not installed', 'the published chart with what the pipeline writes', () => {
  let work: string;
  let repository: string;
  const env = () => ({
    ...process.env,
    PATH: [dirname(helmBinary()!), process.env['PATH']].join(delimiter),
    ENVIRONMENTS_REPOSITORY: join(work, 'environments.git'),
    REGISTRY,
    TAG: COMMIT,
  });
  beforeEach(() => {
    work = mkdtempSync(join(tmpdir(), 'smartant-gitops-'));
    repository = join(work, 'repository');
    for (const folder of ['tools/ci', 'tools/start', 'helm', 'gateway', 'istio', 'observability'])
      cpSync(join(ROOT, folder), join(repository, folder), { recursive: true });
    mkdirSync(join(repository, 'tmp'));
    execFileSync('git', ['init', '--quiet', '--bare', '--initial-branch=main', join(work, 'environments.git')]);
    execFileSync('git', ['clone', '--quiet', join(work, 'environments.git'), join(work, 'seed')], { stdio: 'ignore' });
    const git = (...args: string[]) =>
      execFileSync('git', ['-C', join(work, 'seed'), '-c', 'user.name=n', '-c', 'user.email=e@example.com', ...args]);
    for (const environment of ['dev', 'test']) {
      mkdirSync(join(work, 'seed', environment));
      writeFileSync(join(work, 'seed', environment, 'values.yaml'), `kafka: { brokers: 'kafka.${environment}:9092' }\n`);
    }
    git('add', '.');
    git('commit', '--quiet', '-m', 'Begin');
    git('push', '--quiet', 'origin', 'HEAD:main');
  });
  afterEach(() => rmSync(work, { recursive: true, force: true }));

  const publish = (release = '') =>
    execFileSync('sh', ['tools/ci/publish-chart.sh'], { cwd: repository, env: { ...env(), RELEASE: release }, stdio: 'pipe' });

  function render(chart: string, files: string[] = []): Manifest[] {
    const args = ['template', 'smartant', chart, '-n', 'smartant-dev', ...files.flatMap((file) => ['-f', file])];
    const text = execFileSync(helmBinary()!, args, { encoding: 'utf8', maxBuffer: 64 << 20, stdio: ['ignore', 'pipe', 'pipe'] });
    return parseAllDocuments(text).flatMap((document) => (document.toJS() as Manifest | null) ?? []);
  }
  /** Our own images alone. */
  const images = (manifests: Manifest[]) =>
    [
      ...new Set(
        [...JSON.stringify(manifests).matchAll(/"image":"([^"]*(?:migrator|scheduler|notifier|gateway-keys)[^"]*)"/g)].map(
          ([, image]) => image!,
        ),
      ),
    ].sort();
  const named = (tag: string) =>
    ['db-migrator', 'gateway-keys', 'host-migrator', 'notifier', 'scheduler', 'storage-migrator'].map(
      (name) => `${REGISTRY}/${name}:${tag}`,
    );

  it('names the images of its release, and between releases those of its commit', () => {
    publish('v1.2.3');
    expect(images(render(join(repository, 'tmp', 'smartant-1.2.3.tgz')))).toEqual(named('1.2.3'));
    publish('');
    expect(images(render(join(repository, 'tmp', 'smartant-0.0.0-g0123456789ab.tgz')))).toEqual(named(COMMIT));
    // What is packed is a copy.
    expect(readFileSync(join(repository, 'helm/smartant/values.yaml'), 'utf8')).toBe(read('helm', 'smartant', 'values.yaml'));
  });

  it('is what each environment runs: its profile, its own values, the versions that were promoted', () => {
    publish('v1.2.3');
    writeFileSync(join(repository, 'tmp', 'image-scheduler.json'), JSON.stringify({ 'containerimage.digest': DIGEST }));
    for (const environment of ['dev', 'test']) {
      execFileSync(process.execPath, [join(repository, 'tools/ci/promote.mjs'), environment], { env: env(), stdio: 'pipe' });
      const values = join(work, `values-${environment}`);
      execFileSync('git', ['clone', '--quiet', join(work, 'environments.git'), values], { stdio: 'ignore' });
      const { version } = parse(readFileSync(join(values, environment, 'chart.yaml'), 'utf8')) as { version: string };
      const [chart] = application(environment, version).spec.sources as [Source];
      expect(chart.repoURL).toBe(`${REGISTRY}/charts`);
      const packed = join(repository, 'tmp', `${chart.chart}-${chart.targetRevision}.tgz`);
      execFileSync('tar', ['-xzf', packed, '-C', values]);
      const files = chart.helm!.valueFiles.map((file) =>
        file.startsWith('$values/') ? join(values, file.slice('$values/'.length)) : join(values, chart.chart!, file),
      );
      const manifests = render(packed, files);
      expect(JSON.stringify(manifests)).toContain(`kafka.${environment}:9092`);
      expect(images(manifests)).toEqual(
        expect.arrayContaining([`${REGISTRY}/scheduler@${DIGEST}`, `${REGISTRY}/storage-migrator:${COMMIT}`]),
      );
    }
  });
});

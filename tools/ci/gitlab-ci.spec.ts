import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describeIf } from '@smartant/test-servers';
import { parse } from 'yaml';
import { GitlabClone, whyNoGitlab } from './fixtures/gitlab-clone';

const FOLDER = join(__dirname, '..', '..', 'services');
const SERVICES = readdirSync(FOLDER)
  .filter((name) => existsSync(join(FOLDER, name, 'Dockerfile')))
  .sort();
const REGISTRY = 'local-registry.gitlab.example.com/smartant/smartant';

interface Versions {
  image: { registry: string; tag: string };
  services: Record<string, { digest: string }>;
  gateway: { kong: { keysImage: string } };
}

/** gitlab-ci-local reads the file as GitLab does and runs its jobs by the shell; registries, builders and npm are stand-ins. */
describeIf(whyNoGitlab(), '.gitlab-ci.yml', () => {
  let clone: GitlabClone;
  beforeAll(() => {
    clone = new GitlabClone([
      '.gitlab-ci.yml',
      'package.json',
      'tools/ci',
      'tools/start',
      'services/*/Dockerfile',
      'helm',
      'gateway',
      'istio',
      'observability',
    ]);
  });
  beforeEach(() => clone.reset());
  afterAll(() => clone.remove());

  const show = (file: string) =>
    execFileSync('git', ['-C', clone.environments, 'show', `main:${file}`], { encoding: 'utf8', stdio: 'pipe' });
  const versions = (environment: string) => parse(show(`${environment}/versions.yaml`)) as Versions;

  const CHECKS = ['lint', 'supply chain', 'generated code', 'test', 'replicas', 'console', 'sample migration'];
  const RELEASE = ['images', 'image scan', 'signatures'];

  it('has the jobs of the branch, of a tag and of a merge request', () => {
    const always = Object.fromEntries(CHECKS.map((name) => [name, 'on_success']));
    const images = Object.fromEntries(RELEASE.map((name) => [name, 'on_success']));
    expect(clone.jobs()).toEqual({ ...always, ...images, chart: 'on_success', 'deploy dev': 'on_success', 'rollback dev': 'manual' });
    expect(clone.jobs({ tag: 'v1.2.3' })).toEqual({ ...always, ...images, chart: 'on_success', 'deploy test': 'manual' });
    expect(clone.jobs({ tag: 'nightly' })).toEqual({ ...always, ...images });
    clone.git('checkout', '--quiet', '-B', 'feature');
    expect(clone.jobs({ source: 'merge_request_event' })).toEqual(always);
    clone.git('checkout', '--quiet', 'main');
  });

  it('takes a push to the branch from its checks to dev', () => {
    const { status, calls, said } = clone.runJobs();
    expect([status, said]).toEqual([0, expect.stringContaining('dev: changed')]);
    const commit = clone.git('rev-parse', 'HEAD');
    const programs = calls.map((call) => call.split(' ').slice(0, 2).join(' '));
    const firstOf = (call: string) => programs.indexOf(call);
    const order = ['npm run', 'npm test', 'npm start', 'buildctl-daemonless.sh build', 'trivy image', 'cosign login', 'cosign sign'];
    expect(order.map(firstOf)).toEqual([...order.map(firstOf)].sort((a, b) => a - b));
    expect(firstOf('npm run')).toBeGreaterThanOrEqual(0);
    const digests = Object.fromEntries(
      calls.flatMap((call) => {
        const [, name, digest] = /^cosign sign .*\/([\w-]+)@(sha256:[0-9a-f]{64})$/.exec(call) ?? [];
        return name ? [[name, digest]] : [];
      }),
    );
    expect(Object.keys(digests).sort()).toEqual(SERVICES);
    const { image, services, gateway } = versions('dev');
    expect(image).toEqual({ registry: REGISTRY, tag: commit });
    expect(show('dev/chart.yaml')).toContain(`version: "0.0.0-g${commit.slice(0, 12)}"`);
    for (const [name, { digest }] of Object.entries(services)) expect([name, digest]).toEqual([name, digests[name]]);
    expect(gateway.kong.keysImage).toBe(`${REGISTRY}/gateway-keys@${digests['gateway-keys']}`);
  });

  it('leaves no password of the environments behind, and shows none', () => {
    const { said, calls } = clone.runJobs(['images', 'chart', 'deploy dev']);
    expect(existsSync(join(clone.home, '.netrc'))).toBe(false);
    const { auths } = JSON.parse(readFileSync(join(clone.home, '.docker', 'config.json'), 'utf8')) as {
      auths: Record<string, { auth: string }>;
    };
    expect(Buffer.from(Object.values(auths)[0]!.auth, 'base64').toString()).toBe('robot:from-the-store');
    for (const secret of ['from-the-store', 'token-of-the-store']) expect(`${said}${calls.join('\n')}`).not.toContain(secret);
  });

  it('goes back to what dev ran before, by itself', () => {
    clone.runJobs(['images', 'chart', 'deploy dev']);
    const before = versions('dev');
    clone.git('commit', '--quiet', '--allow-empty', '--message', 'Go on');
    clone.runJobs(['images', 'chart', 'deploy dev']);
    expect(versions('dev').image.tag).toBe(clone.git('rev-parse', 'HEAD'));
    expect(clone.runJobs(['rollback dev'])).toMatchObject({
      status: 0,
      calls: expect.not.arrayContaining([expect.stringMatching(/^(npm|cosign|trivy)/)]) as string[],
    });
    expect(versions('dev')).toEqual(before);
  });

  it.each([
    ['npm', 'lint', ['buildctl-daemonless.sh', 'cosign']],
    ['buildctl-daemonless.sh', 'images', ['trivy', 'cosign']],
    ['trivy', 'image scan', ['cosign']],
    ['cosign', 'signatures', []],
  ])('stops where %s fails, in "%s", and dev stays as it is', (program, job, notCalled) => {
    if (program !== 'trivy') clone.standIn(program, `fails ${program}`);
    const { status, said, calls } = clone.runJobs([], { failing: [program] });
    expect(status).not.toBe(0);
    expect(said).toMatch(new RegExp(`FAIL\\s+${job}`));
    for (const name of notCalled) expect(calls.filter((call) => call.startsWith(name))).toEqual([]);
    expect(() => versions('dev')).toThrow();
  });

  it('publishes the chart of a tag under its version, and lets a release go to test by hand', () => {
    const tag = 'v1.2.3';
    const { status, calls, said } = clone.runJobs([], { tag });
    if (status !== 0) throw new Error(said);
    expect(status).toBe(0);
    expect(calls).toContainEqual(
      expect.stringMatching(/^helm package \S+\/helm\/smartant --version 1.2.3 --app-version 1.2.3 --destination tmp$/),
    );
    const built = calls.filter((call) => call.startsWith('buildctl-daemonless.sh'));
    for (const call of built) expect(call).toMatch(/"name=(\S+):[0-9a-f]{40},\1:1\.2\.3"/);
    expect(built).toHaveLength(SERVICES.length);
    expect(calls).toContain(`helm push tmp/smartant-1.2.3.tgz oci://${REGISTRY}/charts`);
    const published = (start: string) => calls.findIndex((call) => call.startsWith(start));
    expect(published('helm push')).toBeGreaterThan(published('cosign sign'));
    expect(() => versions('test')).toThrow();
    expect(clone.runJobs(['deploy test'], { tag }).status).toBe(0);
    expect(versions('test').image.tag).toBe(clone.git('rev-parse', 'HEAD'));
    expect(show('test/chart.yaml')).toContain('version: "1.2.3"');
  });

  it('writes what only the job may read', () => {
    clone.standIn('node', `stat -c %a "$HOME/.netrc" >"$HOME/mode"; exec ${process.execPath} "$@"`);
    clone.runJobs(['images', 'chart', 'deploy dev']);
    expect(readFileSync(join(clone.home, 'mode'), 'utf8').trim()).toBe('600');
    expect(statSync(join(clone.path, 'tmp', 'image-scheduler.json')).isFile()).toBe(true);
  });
});

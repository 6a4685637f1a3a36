import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';

const CANARY = join(__dirname, 'canary.mjs');
const DIGEST = `sha256:${'a'.repeat(64)}`;
const INSTALLED = { version: 'v1', mesh: { mode: 'istio' }, istio: { enabled: true }, services: { scheduler: {} } };

/** helm is a stand-in that notes how it is called. */
describe('the steps of a canary', () => {
  let folder: string;
  let notes: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'smartant-canary-'));
    notes = join(folder, 'calls');
    const values = 'if [ "$1" = get ]; then echo "$VALUES"; exit "${HELM_HAS_NONE:-0}"; fi';
    writeFileSync(join(folder, 'helm'), `#!/bin/sh\necho "$*" >>'${notes}'\n${values}\nexit "\${HELM_ENDS_WITH:-0}"\n`, { mode: 0o755 });
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  function environment(more: Record<string, string>) {
    const given = {
      NAMESPACE: 'smartant-prod',
      SERVICE: 'scheduler',
      CANARY_VERSION: 'v2',
      DIGEST,
      VALUES: JSON.stringify(INSTALLED),
      ...more,
    };
    return { ...process.env, PATH: [folder, process.env['PATH']].join(delimiter), ...given };
  }

  function run(step: string[], more: Record<string, string> = {}) {
    const { status, stderr } = spawnSync(process.execPath, [CANARY, ...step], { encoding: 'utf8', env: environment(more) });
    const calls = existsSync(notes) ? readFileSync(notes, 'utf8').trim().split('\n') : [];
    return { status, stderr, calls, upgrade: calls.find((call) => call.startsWith('upgrade ')) ?? '' };
  }

  it('upgrade the release from its own values over those of this chart, and wait', () => {
    const { status, upgrade } = run(['share', '10']);
    expect(status).toBe(0);
    expect(upgrade).toMatch(/^upgrade smartant \S+helm\/smartant --namespace smartant-prod --reset-then-reuse-values /);
    expect(upgrade).toContain(
      `--set-string services.scheduler.canary.digest=${DIGEST} --set-string istio.canaries.scheduler[0].version=v2`,
    );
    expect(upgrade).toContain('--set istio.canaries.scheduler[0].weight=10');
    expect(upgrade).toMatch(/ --wait --timeout 10m$/);
  });

  it('take the canary away at its end, and leave its image where it was good, of this service alone', () => {
    const none = '--set services.scheduler.canary=null --set istio.canaries.scheduler=null';
    expect(run(['abort']).upgrade).toContain(`${none} --wait`);
    rmSync(notes);
    expect(run(['promote']).upgrade).toContain(`${none} --set-string services.scheduler.digest=${DIGEST} --wait`);
  });

  it.each([
    ['whose routes KubeSphere makes', { VALUES: JSON.stringify({ ...INSTALLED, mesh: { mode: 'kubesphere' } }) }, /mesh\.mode kubesphere/],
    ['without routes', { VALUES: JSON.stringify({ ...INSTALLED, istio: { enabled: false } }) }, /istio\.enabled: false/],
    ['that helm does not know', { HELM_HAS_NONE: '1' }, /no values of a release "smartant" in smartant-prod/],
    ['without the service', { SERVICE: 'db-migrator' }, /no service "db-migrator"/],
    ['for the version that it has', { CANARY_VERSION: 'v1' }, /CANARY_VERSION is v1, which scheduler has already/],
    [
      'for the version that the service has',
      { VALUES: JSON.stringify({ ...INSTALLED, services: { scheduler: { version: 'v2' } } }) },
      /CANARY_VERSION is v2/,
    ],
    ['for a version that would be a number', { CANARY_VERSION: '2' }, /CANARY_VERSION must be a letter/],
    ['for an image of which nobody knows which it is', { DIGEST: '1.3.0' }, /no digest of the image is known/],
  ])('change nothing of a release %s', (_case, more, why) => {
    const { status, stderr, calls } = run(['share', '10'], more);
    expect([status, stderr]).toEqual([2, expect.stringMatching(why)]);
    expect(calls.filter((call) => call !== '' && !call.startsWith('get values smartant --namespace smartant-prod --all'))).toEqual([]);
  });

  it('fail as helm does, and never as if nothing had been changed', () => {
    expect(run(['share', '10'], { HELM_ENDS_WITH: '3' }).status).toBe(3);
    expect(run(['share', '10'], { HELM_ENDS_WITH: '2' }).status).toBe(1);
  });

  it('say what to do where a canary cannot be taken away', () => {
    const { status, stderr } = run(['abort'], { HELM_ENDS_WITH: '1' });
    expect([status, stderr]).toEqual([1, expect.stringContaining('helm rollback smartant REVISION --namespace smartant-prod')]);
  });

  it('are judged beside the version that the service has', async () => {
    const asked: string[] = [];
    const prometheus = createServer((request, response) => {
      asked.push(decodeURIComponent(request.url ?? ''));
      response.end(JSON.stringify({ data: { result: [] } }));
    });
    await new Promise<void>((resolve) => prometheus.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(prometheus.address() as AddressInfo).port}`;
    const values = JSON.stringify({ ...INSTALLED, services: { scheduler: { version: 'v7' } } });
    const child = spawn(process.execPath, [CANARY, 'judge'], { env: environment({ PROMETHEUS_URL: url, VALUES: values }) });
    expect(await new Promise((resolve) => child.once('close', resolve))).toBe(3);
    prometheus.close();
    const versions = asked.flatMap((query) => /destination_canonical_revision="(\w+)"/.exec(query)?.[1] ?? []);
    expect(new Set(versions)).toEqual(new Set(['v7', 'v2']));
  });

  it('are not judged where Prometheus does not tell: neither good nor bad', () => {
    const { status, stderr } = run(['judge'], { PROMETHEUS_URL: 'http://127.0.0.1:1' });
    expect([status, stderr]).toEqual([2, expect.stringContaining('error: ')]);
  });
});

import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeIf } from '@smartant/test-servers';
import { parse } from 'yaml';
import { ChartCopy, helmBinary } from '../deploy/render-chart';
import { callScript } from './fixtures/call-script';

const ROOT = join(__dirname, '..', '..');
const DIGEST = `sha256:${'a'.repeat(64)}`;

describe('promoting versions', () => {
  let folder: string;
  let repository: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'smartant-promote-'));
    repository = join(folder, 'environments.git');
    // A copy of the scripts: they read what was built from the repository that they are in.
    for (const name of ['tools/ci', 'tools/start']) cpSync(join(ROOT, name), join(folder, name), { recursive: true });
    publishChart('1.0.0');
    const seed = join(folder, 'seed');
    execFileSync('git', ['init', '--quiet', '--bare', '--initial-branch=main', repository]);
    execFileSync('git', ['clone', '--quiet', repository, seed], { stdio: 'ignore' });
    mkdirSync(join(seed, 'test'));
    writeFileSync(join(seed, 'test', 'values.yaml'), 'kafka: { brokers: kafka:9092 }\n');
    const git = (...args: string[]) => execFileSync('git', ['-C', seed, '-c', 'user.name=n', '-c', 'user.email=e@example.com', ...args]);
    git('add', '.');
    git('commit', '--quiet', '-m', 'Begin');
    git('push', '--quiet', 'origin', 'HEAD:main');
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const publishChart = (version: string) => {
    mkdirSync(join(folder, 'tmp'), { recursive: true });
    writeFileSync(join(folder, 'tmp', 'chart.version'), `${version}\n`);
  };
  const run = (args: string[], environment: Record<string, string> = {}) =>
    execFileSync(process.execPath, [join(folder, 'tools/ci/promote.mjs'), ...args], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ENVIRONMENTS_REPOSITORY: repository, REGISTRY: 'registry.example.com/smartant', ...environment },
    }).trim();
  const versions = (environment: string, file = 'versions') =>
    parse(execFileSync('git', ['-C', repository, 'show', `main:${environment}/${file}.yaml`], { encoding: 'utf8' })) as never;

  it('are written once, changed, and taken back for one environment alone', () => {
    expect(run(['dev'], { TAG: 'one' })).toBe('dev: changed');
    expect(run(['dev'], { TAG: 'one' })).toBe('dev: runs this already');
    expect(run(['test'], { TAG: 'one' })).toBe('test: changed');
    publishChart('1.1.0');
    expect(run(['dev'], { TAG: 'two' })).toBe('dev: changed');
    expect(versions('dev')).toMatchObject({ image: { registry: 'registry.example.com/smartant', tag: 'two' } });
    expect(versions('dev', 'chart')).toEqual({ version: '1.1.0' });
    expect(run(['dev', '--rollback'])).toBe('dev: changed');
    expect(versions('dev')).toMatchObject({ image: { tag: 'one' } });
    expect(versions('dev', 'chart')).toEqual({ version: '1.0.0' });
    expect(versions('test')).toMatchObject({ image: { tag: 'one' } });
    expect(() => run(['test', '--rollback'])).toThrow(/no earlier versions/);
  });

  it('of a commit whose chart was not published are refused', () => {
    rmSync(join(folder, 'tmp'), { recursive: true });
    expect(() => run(['dev'], { TAG: 'one' })).toThrow(/no chart was published here/);
  });

  it('name what is missing', () => {
    expect(() => run(['prod'], { REGISTRY: '' })).toThrow(/one of dev, test; REGISTRY is not set; TAG is not set/);
  });

  describeIf(helmBinary() ? null : 'helm is not installed', 'with the chart', () => {
    it('are values that it takes', () => {
      const chart = new ChartCopy(helmBinary()!);
      try {
        writeFileSync(
          join(chart.path, 'versions.yaml'),
          callScript<string>('promote.mjs', 'versionsFile', {
            registry: 'registry.example.com/smartant',
            tag: '1.2.3',
            found: { scheduler: DIGEST, 'gateway-keys': DIGEST },
          }),
        );
        const images = JSON.stringify(chart.render([], ['versions.yaml'])).match(/"image":"[^"]+"/g);
        expect(images).toEqual(
          expect.arrayContaining([
            `"image":"registry.example.com/smartant/scheduler@${DIGEST}"`,
            '"image":"registry.example.com/smartant/storage-migrator:1.2.3"',
            `"image":"registry.example.com/smartant/gateway-keys@${DIGEST}"`,
          ]),
        );
      } finally {
        chart.remove();
      }
    });
  });
});

import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';

const ROOT = join(__dirname, '..', '..');
const readJson = <Content>(...path: string[]) => JSON.parse(readFileSync(join(ROOT, ...path), 'utf8')) as Content;
const services = readdirSync(join(ROOT, 'services')).filter((name) => existsSync(join(ROOT, 'services', name, 'main.ts')));

/** Suites, and what is there for them alone. */
const OF_TESTS = /(^|\/)(fixtures|testing|testkit)\/|\.(spec|long|contract|faults|boot|e2e|mesh)\.js/;
const testLibraries = readdirSync(join(ROOT, 'libs')).filter((name) =>
  readJson<{ nx: { tags: string[] } }>('libs', name, 'package.json').nx.tags.includes('type:test'),
);
/** What `npm ci --omit=dev` leaves out. */
const developmentPackages = new Set(
  Object.entries(readJson<{ packages: Record<string, { dev?: boolean }> }>('package-lock.json').packages).flatMap(([path, { dev }]) =>
    dev && /^node_modules\/(@[^/]+\/)?[^/]+$/.test(path) ? path.slice('node_modules/'.length) : [],
  ),
);

/** Packages that a built file asks for as it is loaded, and later. */
const packagesIn = (code: string): string[] =>
  [...code.matchAll(/\b(?:require|import)\((["'])([^"'./][^"']*)\1\)/g)]
    .map(([, , name]) => /^(@[^/]+\/)?[^/]+/.exec(name!)![0])
    .filter((name) => !name.startsWith('node:') && !builtinModules.includes(name));

describe.each(services)('what the image of %s holds of ours', (service) => {
  let folder: string;
  let files: string[];
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'smartant-runtime-'));
    for (const command of [['tools/build/build.mjs'], ['tools/docker/collect-runtime.mjs', `services/${service}`, folder]])
      execFileSync(process.execPath, command, { cwd: ROOT, stdio: ['ignore', 'ignore', 'inherit'] });
    files = readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => relative(folder, join(entry.parentPath, entry.name)));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('starts: its entry point and the step of its schema are there', () => {
    expect(files).toContain(`services/${service}/dist/main.js`);
    if (service !== 'gateway-keys') expect(files).toContain(`services/${service}/dist/migrate-schema.js`);
  });

  it('is nothing that is there for tests', () => {
    expect(testLibraries).toEqual(expect.arrayContaining(['connector-testkit', 'test-servers']));
    expect(files.filter((file) => OF_TESTS.test(file))).toEqual([]);
    expect(files.filter((file) => testLibraries.includes(file.split('/')[1]!))).toEqual([]);
  });

  it('asks for no package that is installed for development alone', () => {
    expect(developmentPackages).toContain('jest');
    const asked = files
      .filter((file) => file.endsWith('.js'))
      .flatMap((file) => packagesIn(readFileSync(join(folder, file), 'utf8')).map((name) => `${name} by ${file}`));
    expect(asked.some((line) => line.startsWith('@smartant/platform by'))).toBe(true);
    const missing = asked.filter((line) => {
      const [name] = line.split(' ');
      const own = /^@smartant\/(.+)$/.exec(name!)?.[1];
      return own === undefined ? developmentPackages.has(name!) : !files.includes(`libs/${own}/package.json`);
    });
    expect(missing).toEqual([]);
  });
});

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const ROOT = join(__dirname, '..', '..');
let folder: string;
beforeAll(() => (folder = mkdtempSync(join(tmpdir(), 'smartant-sbom-'))));
afterAll(() => rmSync(folder, { recursive: true }));

interface Component {
  name: string;
  version: string;
  purl: string;
  hashes?: { alg: string }[];
  licenses?: unknown[];
}

function make(name: string): { text: string; document: { metadata: { component: object }; components: Component[] } } {
  const path = join(folder, name);
  const env = { ...process.env, SOURCE_DATE_EPOCH: '1700000000' };
  const made = spawnSync(process.execPath, [join(ROOT, 'tools/sbom/make-sbom.mjs'), path], { cwd: folder, encoding: 'utf8', env });
  expect(`${made.stdout}${made.stderr}`).toContain('valid');
  const text = readFileSync(path, 'utf8');
  return { text, document: JSON.parse(text) };
}

it('lists what ships with address, digest and licence, and nothing that only builds', () => {
  const { text, document } = make('one.json');
  expect(document.metadata.component).toMatchObject({ name: 'smartant', type: 'application' });
  const byPurl = new Map(document.components.map((component) => [component.purl, component]));
  const { dependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { dependencies: Record<string, string> };
  for (const [name, version] of Object.entries(dependencies)) {
    const component = byPurl.get(`pkg:npm/${name.replace('@', '%40')}@${version}`);
    expect(component).toMatchObject({ version, licenses: expect.any(Array) });
    expect(component?.hashes?.[0]?.alg).toBe('SHA-512');
  }
  expect([...byPurl.keys()].filter((purl) => /^pkg:npm\/(jest|eslint|nx|typescript)@/.test(purl))).toEqual([]);
  expect(make('two.json').text).toBe(text);
}, 60_000);

it('says what is wrong with a document that is none', () => {
  const script = `const { sbomProblems } = await import(${JSON.stringify(join(__dirname, 'validate-sbom.mjs'))}); console.log(JSON.stringify(sbomProblems({ bomFormat: 'CycloneDX', specVersion: '1.5', components: [{ name: 'a' }] })));`;
  const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' });
  expect(JSON.parse(stdout).join()).toContain("must have required property 'type'");
});

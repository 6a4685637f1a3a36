import { spawnSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'smartant-provenance-'));
  for (const name of ['ci', 'other']) {
    const { privateKey, publicKey } = generateKeyPairSync('ed25519');
    writeFileSync(join(folder, `${name}.pem`), privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });
    writeFileSync(join(folder, `${name}.pub`), publicKey.export({ type: 'spki', format: 'pem' }));
  }
});
afterAll(() => rmSync(folder, { recursive: true }));

const at = (name: string) => join(folder, name);
function run(script: string, args: string[], env: Record<string, string> = {}) {
  const { SMARTANT_PROVENANCE_KEY_FILE: _, ...inherited } = process.env;
  const ran = spawnSync(process.execPath, [join(__dirname, script), ...args], { encoding: 'utf8', env: { ...inherited, ...env } });
  return { status: ran.status, said: `${ran.stdout}${ran.stderr}` };
}
const make = (name: string, env: Record<string, string> = { SMARTANT_PROVENANCE_KEY_FILE: at('ci.pem') }) =>
  run('make-provenance.mjs', [at(name)], env);
const verify = (name: string, key = 'ci.pub') => run('verify-provenance.mjs', [at(name), '--key', at(key)]);

it('states what the compiled files come from, signed', () => {
  expect(
    make('signed.json', { SMARTANT_PROVENANCE_KEY_FILE: at('ci.pem'), CI_PROJECT_URL: 'https://job:hunter2@git.example.com/a/b' }),
  ).toMatchObject({ status: 0 });
  expect(verify('signed.json')).toMatchObject({ status: 0 });
  const envelope = JSON.parse(readFileSync(at('signed.json'), 'utf8')) as { payload: string };
  const text = Buffer.from(envelope.payload, 'base64').toString();
  expect(text).not.toContain('hunter2');
  const statement = JSON.parse(text);
  expect(statement).toMatchObject({ _type: 'https://in-toto.io/Statement/v1', predicateType: 'https://slsa.dev/provenance/v1' });
  expect(statement.subject.map(({ name }: { name: string }) => name)).toContain('services/scheduler/dist/main.js');
  expect(statement.predicate.buildDefinition.resolvedDependencies[1].digest.sha256).toMatch(/^[0-9a-f]{64}$/);
});

it('is refused when another key signed it, when it was changed, and when a file differs', () => {
  make('signed.json');
  expect(verify('signed.json', 'other.pub')).toMatchObject({ status: 1, said: expect.stringContaining('not signed by this key') });
  const envelope = JSON.parse(readFileSync(at('signed.json'), 'utf8')) as { payload: string };
  const statement = JSON.parse(Buffer.from(envelope.payload, 'base64').toString());
  statement.subject[0].digest.sha256 = '0'.repeat(64);
  const forged = { ...envelope, payload: Buffer.from(JSON.stringify(statement)).toString('base64') };
  writeFileSync(at('forged.json'), JSON.stringify(forged));
  expect(verify('forged.json').status).toBe(1);
  // By files: the statement is longer than an argument may be.
  writeFileSync(at('statement.json'), JSON.stringify(statement));
  const resign = `const { signEnvelope } = require('@smartant/proof'); const { readFileSync, writeFileSync } = require('node:fs');
    const [statement, key, signed] = process.argv.slice(1);
    writeFileSync(signed, JSON.stringify(signEnvelope('application/vnd.in-toto+json', readFileSync(statement), readFileSync(key, 'utf8'), 'k')));`;
  spawnSync(process.execPath, ['-e', resign, at('statement.json'), at('ci.pem'), at('other-files.json')], { cwd: __dirname });
  expect(verify('other-files.json')).toMatchObject({ status: 1, said: expect.stringContaining('differs') });
});

it('says loudly that it is not signed where there is no key, and is refused then', () => {
  expect(make('bare.json', {})).toMatchObject({ status: 0, said: expect.stringMatching(/^SKIPPED: signature[\s\S]*NOT signed/) });
  expect(verify('bare.json')).toMatchObject({ status: 1, said: expect.stringContaining('not signed') });
});

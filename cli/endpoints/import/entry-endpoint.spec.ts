import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CliContext } from '../../context';
import { documentEntries } from './document-entries';
import { entryEndpoint } from './entry-endpoint';
import { parseSecrets } from './entry-secret';
import type { ImportFields } from './import-fields';

let cwd: string;
beforeAll(() => {
  cwd = mkdtempSync(join(tmpdir(), 'smartant-entry-'));
  writeFileSync(join(cwd, 'key'), 'from-file\n', { mode: 0o600 });
  writeFileSync(join(cwd, 'open-key'), 'from-file\n');
  chmodSync(join(cwd, 'open-key'), 0o644);
});
afterAll(() => rmSync(cwd, { recursive: true }));

const env = { KEY: 'from-variable', ID: 'AKIA2', AWS_ACCESS_KEY_ID: 'AKIA', AWS_SECRET_ACCESS_KEY: 'aws' };
const secrets = parseSecrets('s.json', { prod: { accessKeyId: 'P', secretAccessKey: 'S', sessionToken: 'T' } });
const made = (fields: ImportFields) => entryEndpoint({ env, cwd, homeDir: cwd } as unknown as CliContext, fields, secrets);

it('makes an endpoint of a URL or of fields alike', () => {
  const byUrl = made({ name: 'a', url: 's3://b/p?endpoint=http://h:9000&region=eu-1', accessKeyId: 'AKIA', secretAccessKeyEnv: 'KEY' });
  const byFields = made({
    name: 'a',
    serviceUrl: 'http://h:9000',
    region: 'eu-1',
    bucket: 'b',
    prefix: 'p/',
    accessKeyId: 'AKIA',
    secretAccessKeyEnv: 'KEY',
  });
  expect(byUrl).toEqual(byFields);
  expect(byUrl).toEqual({
    name: 'a',
    location: { kind: 's3', serviceUrl: 'http://h:9000', region: 'eu-1', bucket: 'b', prefix: 'p/' },
    secret: { kind: 's3', accessKeyId: 'AKIA', secretAccessKey: 'from-variable' },
  });
});

it.each<[string, ImportFields, object]>([
  ['a variable for both', { accessKeyIdEnv: 'ID', secretAccessKeyEnv: 'KEY' }, { accessKeyId: 'AKIA2', secretAccessKey: 'from-variable' }],
  [
    'a private file',
    { accessKeyId: 'A', secretAccessKeyFile: 'key', sessionTokenEnv: 'KEY' },
    { secretAccessKey: 'from-file', sessionToken: 'from-variable' },
  ],
  ['a name in the file of secrets', { secret: 'prod' }, { accessKeyId: 'P', secretAccessKey: 'S', sessionToken: 'T' }],
  ['what the environment has', {}, { accessKeyId: 'AKIA', secretAccessKey: 'aws' }],
])('finds its secret by %s', (_name, fields, secret) => {
  expect(made({ name: 'a', bucket: 'b', ...fields }).secret).toMatchObject(secret);
});

const databases = parseSecrets('s.json', { shop: { password: 'S' }, key: { accessKeyId: 'A', secretAccessKey: 'B' } });
const database = (fields: ImportFields, more: object = {}) =>
  entryEndpoint({ env: { ...env, ...more }, cwd, homeDir: cwd } as unknown as CliContext, { name: 'd', ...fields }, databases);
const byFields: ImportFields = { host: 'db', port: '5433', database: 'shop', user: 'ann', tlsMode: 'require' };

it('makes a database of a URL or of fields alike', () => {
  const byUrl = database({ url: 'postgres://ann@db:5433/shop?sslmode=require', passwordEnv: 'KEY' });
  expect(byUrl).toEqual(database({ ...byFields, passwordEnv: 'KEY' }));
  expect(byUrl).toEqual({
    name: 'd',
    location: { kind: 'postgres', host: 'db', port: 5_433, database: 'shop', user: 'ann', tlsMode: 'require' },
    secret: { kind: 'password', password: 'from-variable' },
  });
});

it('finds the password of a database', () => {
  expect(database({ ...byFields, passwordFile: 'key' }).secret).toEqual({ kind: 'password', password: 'from-file' });
  expect(database({ ...byFields, secret: 'shop' }).secret).toEqual({ kind: 'password', password: 'S' });
  expect(database(byFields, { PGPASSWORD: 'pg' }).secret).toEqual({ kind: 'password', password: 'pg' });
  expect(database(byFields).secret).toEqual({ kind: 'none' });
});

it.each<[string, ImportFields]>([
  ['a password in two ways', { ...byFields, secret: 'shop', passwordEnv: 'KEY' }],
  ['a key of S3', { ...byFields, secret: 'key' }],
  ['a bucket beside a database', { ...byFields, bucket: 'b' }],
  ['no user', { ...byFields, user: undefined }],
  ['a TLS mode that hides what is used', { ...byFields, tlsMode: 'prefer' }],
  ['a port that is none', { ...byFields, port: 'http' }],
])('refuses a database with %s', (_name, fields) => {
  expect(() => database(fields)).toThrow(expect.objectContaining({ code: 'CLI_IMPORT_ENTRY_INVALID' }));
});

it('makes a file endpoint, which has no secret', () => {
  expect(made({ name: 'f', root: 'data', path: 'a' })).toEqual({
    name: 'f',
    location: { kind: 'file', root: 'data', path: 'a' },
    secret: { kind: 'none' },
  });
});

it.each<[string, ImportFields, string]>([
  ['no name', { bucket: 'b' }, 'CLI_IMPORT_ENTRY_INVALID'],
  ['no bucket', { name: 'a' }, 'CLI_IMPORT_ENTRY_INVALID'],
  ['another kind', { name: 'a', kind: 'ftp' }, 'CLI_IMPORT_ENTRY_INVALID'],
  ['fields of both kinds', { name: 'a', root: 'r', bucket: 'b' }, 'CLI_IMPORT_ENTRY_INVALID'],
  ['a URL and fields', { name: 'a', url: 's3://b', bucket: 'b' }, 'CLI_IMPORT_ENTRY_INVALID'],
  ['a URL of files', { name: 'a', url: 'file:///srv' }, 'CLI_IMPORT_ENTRY_INVALID'],
  ['a secret in its URL', { name: 'a', url: 's3://k:hunter2@b' }, 'CLI_SECRET_IN_ARGS'],
  ['two ways to a secret', { name: 'a', bucket: 'b', profile: 'p', secret: 'prod' }, 'CLI_IMPORT_ENTRY_INVALID'],
  ['half a key', { name: 'a', bucket: 'b', accessKeyId: 'A' }, 'CLI_IMPORT_ENTRY_INVALID'],
  ['a variable that is not set', { name: 'a', bucket: 'b', accessKeyId: 'A', secretAccessKeyEnv: 'NOPE' }, 'CLI_IMPORT_ENTRY_INVALID'],
  [
    'a secret where a name belongs',
    { name: 'a', bucket: 'b', accessKeyId: 'A', secretAccessKeyEnv: 'hunter2/+' },
    'CLI_IMPORT_ENTRY_INVALID',
  ],
  ['a file that others can read', { name: 'a', bucket: 'b', accessKeyId: 'A', secretAccessKeyFile: 'open-key' }, 'CLI_FILE_NOT_PRIVATE'],
  ['a file that is not there', { name: 'a', bucket: 'b', accessKeyId: 'A', secretAccessKeyFile: 'absent' }, 'CLI_IMPORT_ENTRY_INVALID'],
  ['a secret that the file lacks', { name: 'a', bucket: 'b', secret: 'test' }, 'CLI_IMPORT_ENTRY_INVALID'],
])('refuses %s, and repeats no secret', (_name, fields, code) => {
  let thrown: unknown;
  try {
    made(fields);
  } catch (error) {
    thrown = error;
  }
  expect(thrown).toMatchObject({ code, hint: expect.any(String) });
  expect(`${(thrown as Error).message} ${JSON.stringify(thrown)}`).not.toContain('hunter2');
});

describe('a document', () => {
  const read = (name: string, text: string) => {
    writeFileSync(join(cwd, name), text);
    return documentEntries(join(cwd, name), name.endsWith('.json'));
  };

  it('is a list, or has one', () => {
    const wanted = [
      { line: 1, fields: { name: 'a', bucket: 'b' } },
      { line: 2, fields: { name: 'c', serviceUrl: 'http://h' } },
    ];
    expect(read('l.json', '\uFEFF[{"name":"a","bucket":"b"},{"name":"c","service_url":"http://h","region":null}]')).toEqual(wanted);
    expect(read('l.yaml', 'endpoints:\n  - {name: a, bucket: b}\n  - name: c\n    serviceUrl: http://h\n')).toEqual(wanted);
  });

  it('goes on after entries that are none', () => {
    const entries = read(
      'l.json',
      '[5,{"name":"a","colour":"red"},{"name":{"x":1}},{"name":"a","secretAccessKey":"hunter2"},{"name":"ok"}]',
    );
    expect(entries.map((entry) => ('error' in entry ? entry.error.code : 'ok'))).toEqual([
      'CLI_IMPORT_ENTRY_INVALID',
      'CLI_IMPORT_INVALID',
      'CLI_IMPORT_ENTRY_INVALID',
      'CLI_IMPORT_SECRET_INLINE',
      'ok',
    ]);
  });

  it.each([
    ['l.json', '[{"secretAccessKey":"hunter2"'],
    ['l.yaml', 'a: [hunter2'],
    ['l.json', '{"hosts":[]}'],
  ])('is refused when it is none: %s %s', (name, text) => {
    let thrown: unknown;
    try {
      read(name, text);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toMatchObject({ code: 'CLI_IMPORT_INVALID' });
    expect(`${(thrown as Error).message} ${JSON.stringify(thrown)}`).not.toContain('hunter2');
  });
});

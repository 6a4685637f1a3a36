import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { EmbeddedPlatform } from '../platform/embedded-platform';

const ENTRIES = 300;

interface ImportDocument {
  items: { line: number; name: string; outcome: string; error: { code: string; hint: string } | null }[];
  summary: Record<string, number>;
}

describe('the import of a list of endpoints', () => {
  const platform = new EmbeddedPlatform();
  const keys = { PHOTO_KEY: 'a-secret', AWS_ACCESS_KEY_ID: 'AKIA', AWS_SECRET_ACCESS_KEY: 'another-secret' };

  beforeAll(() => platform.start());
  afterAll(() => platform.dispose());

  const write = (name: string, text: string): string => {
    const path = join(platform.dataFolder, name);
    writeFileSync(path, text);
    return path;
  };
  const run = (file: string, ...options: string[]) => platform.cli(['endpoint', 'import', file, ...options], keys);
  const asDocument = (text: string) => JSON.parse(text) as ImportDocument;
  const row = (n: number) => `host-${n},http://127.0.0.1:9000,bucket-${n},"a, b/${n}/",AKIA,PHOTO_KEY`;
  const list = () =>
    write(
      'hosts.csv',
      ['name,serviceUrl,bucket,prefix,accessKeyId,secretAccessKeyEnv', ...Array.from({ length: ENTRIES }, (_, n) => row(n))].join('\r\n'),
    );

  it('makes nothing in a dry run', async () => {
    const result = await run(list(), '--dry-run', '-o', 'json');
    expect(result).toMatchObject({ status: 0, stderr: '' });
    expect(asDocument(result.stdout).summary).toEqual({ created: 0, new: ENTRIES, unchanged: 0, failed: 0 });
    expect(JSON.parse((await platform.cli(['endpoint', 'list', '-o', 'json'])).stdout)).toEqual({ items: [] });
  });

  it('goes on where it was interrupted, and makes nothing twice', async () => {
    const half = await run(
      write(
        'half.csv',
        `name,serviceUrl,bucket,prefix,accessKeyId,secretAccessKeyEnv\n${Array.from({ length: 100 }, (_, n) => row(n)).join('\n')}`,
      ),
    );
    expect(half).toMatchObject({ status: 0, stdout: expect.stringContaining('100 created, 0 unchanged, 0 failed.') });
    const whole = asDocument((await run(list(), '--concurrency', '16', '-o', 'json')).stdout);
    expect(whole.summary).toEqual({ created: ENTRIES - 100, new: 0, unchanged: 100, failed: 0 });
    expect(whole.items.map(({ line }) => line)).toEqual(Array.from({ length: ENTRIES }, (_, n) => n + 2));
    expect((await run(list())).stdout).toContain(`0 created, ${ENTRIES} unchanged, 0 failed.`);
    const saved = JSON.parse((await platform.cli(['endpoint', 'show', 'host-7', '-o', 'json'])).stdout) as object;
    expect(saved).toMatchObject({ location: { kind: 's3', serviceUrl: 'http://127.0.0.1:9000', bucket: 'bucket-7', prefix: 'a, b/7/' } });
  }, 120_000);

  it('takes two runs at the same time for one', async () => {
    const entries = Array.from({ length: 40 }, (_, n) => ({ name: `twin-${n}`, url: `s3://twin-${n}` }));
    const file = write('twins.json', JSON.stringify(entries));
    const results = await Promise.all([run(file, '-o', 'json'), run(file, '-o', 'json')]);
    expect(results.map(({ status }) => status)).toEqual([0, 0]);
  });

  it('takes secrets by name from a file of its own', async () => {
    const keysFile = write('keys.json', JSON.stringify({ prod: { accessKeyId: 'AKIA', secretAccessKey: 'of-prod' } }));
    const file = write(
      'named.yaml',
      'endpoints:\n  - {name: named, bucket: named, secret: prod}\n  - {name: other, bucket: other, secret: absent}\n',
    );
    expect(await run(file, '--keys-file', keysFile)).toMatchObject({ status: 1, stderr: expect.stringContaining('CLI_FILE_NOT_PRIVATE') });
    chmodSync(keysFile, 0o600);
    const result = await run(file, '--keys-file', keysFile, '-o', 'json');
    expect(asDocument(result.stdout).items.map(({ outcome }) => outcome)).toEqual(['created', 'failed']);
  });

  it('makes an endpoint again that was forgotten since, also with another secret', async () => {
    const one = write('one.yaml', '- {name: again, bucket: again}\n');
    for (const secret of ['first', 'first', 'second']) {
      const result = await platform.cli(['endpoint', 'import', one, '-o', 'json'], { ...keys, AWS_SECRET_ACCESS_KEY: secret });
      expect(asDocument(result.stdout).summary).toMatchObject({ created: 1, failed: 0 });
      expect((await platform.cli(['endpoint', 'rm', 'again', '--yes'])).status).toBe(0);
    }
  });

  it('keeps going after bad entries, says what is wrong with each, and ends with 1', async () => {
    const file = write(
      'mixed.csv',
      [
        'name,url,root,accessKeyId,secretAccessKeyEnv',
        'good,s3://good,,,',
        'good,s3://other,,,',
        'host-1,s3://elsewhere,,,',
        'bad name,s3://b,,,',
        'no-root,,nowhere,,',
        'no-key,s3://b,,AKIA,UNSET',
        'last,s3://last,,,',
      ].join('\n'),
    );
    const result = await run(file, '-o', 'json');
    expect(result.status).toBe(1);
    const { items, summary } = asDocument(result.stdout);
    expect(summary).toEqual({ created: 2, new: 0, unchanged: 0, failed: 5 });
    expect(items.map(({ line, outcome, error }) => [line, outcome, error?.code ?? null])).toEqual([
      [2, 'created', null],
      [3, 'failed', 'CLI_IMPORT_DUPLICATE'],
      [4, 'failed', 'CLI_IMPORT_NAME_TAKEN'],
      [5, 'failed', 'REQUEST_INVALID'],
      [6, 'failed', 'FILE_ROOT_UNKNOWN'],
      [7, 'failed', 'CLI_IMPORT_ENTRY_INVALID'],
      [8, 'created', null],
    ]);
    for (const { error } of items) if (error) expect(error.hint).toEqual(expect.any(String));
    const table = await run(file);
    expect(table.stdout).toContain('CLI_IMPORT_NAME_TAKEN');
    expect((await platform.cli(['endpoint', 'import', file], { ...keys, LANG: 'zh_CN.UTF-8' })).stdout).toContain('失败');
  });

  it.each<[string, string[], number, RegExp]>([
    ['a file that is not there', ['absent.csv'], 2, /CLI_FILE_UNREADABLE/],
    ['a list with secrets in it', ['secrets.csv'], 2, /CLI_IMPORT_SECRET_INLINE/],
    ['too much at once', ['secrets.csv', '--concurrency', '1000'], 2, /CLI_USAGE/],
    ['a file of secrets that is not there', ['secrets.csv', '--keys-file', 'absent.json'], 2, /CLI_IMPORT_INVALID/],
  ])('ends with 2 for %s', async (_name, args, status, message) => {
    write('secrets.csv', 'name,bucket,secretAccessKey\na,b,hunter2\n');
    const result = await platform.cli(['endpoint', 'import', ...args], keys);
    expect(result).toMatchObject({ status, stderr: expect.stringMatching(message) });
    expect(result.stderr).not.toContain('hunter2');
  });

  it('stops where nobody answers, and ends with 5', async () => {
    const environment = { ...keys, SMARTANT_URL: 'http://127.0.0.1:1', SMARTANT_API_KEY: 'key' };
    const result = await platform.cli(['endpoint', 'import', list()], environment);
    expect(result).toMatchObject({ status: 5, stderr: expect.stringContaining('CLI_UNREACHABLE') });
  });
});

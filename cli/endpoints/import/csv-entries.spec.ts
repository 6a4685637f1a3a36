import { createWriteStream, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { csvEntries } from './csv-entries';
import type { ImportEntry } from './import-fields';

let folder: string;
beforeAll(() => (folder = mkdtempSync(join(tmpdir(), 'smartant-csv-'))));
afterAll(() => rmSync(folder, { recursive: true }));

async function read(text: string | Buffer): Promise<ImportEntry[]> {
  const path = join(folder, 'list.csv');
  writeFileSync(path, text);
  const entries: ImportEntry[] = [];
  for await (const entry of csvEntries(path)) entries.push(entry);
  return entries;
}

it('reads rows by the names in the header, whatever their case and separators', async () => {
  const entries = await read('Name,Service URL,secret_access_key_env\na,http://h:9000,KEY\nb,,\n');
  expect(entries).toEqual([
    { line: 2, fields: { name: 'a', serviceUrl: 'http://h:9000', secretAccessKeyEnv: 'KEY' } },
    { line: 3, fields: { name: 'b' } },
  ]);
});

it('bears a byte order mark, CRLF, blank lines, quotes, commas and line breaks in cells, and no end of line at the end', async () => {
  const entries = await read('\uFEFFname,prefix\r\na,"x, ""y""/"\r\n\r\nb,"two\nlines"\r\n蚂蚁,z');
  expect(entries).toEqual([
    { line: 2, fields: { name: 'a', prefix: 'x, "y"/' } },
    { line: 5, fields: { name: 'b', prefix: 'two\nlines' } },
    { line: 6, fields: { name: '蚂蚁', prefix: 'z' } },
  ]);
});

it('goes on after rows that cannot be read, and repeats nothing of them', async () => {
  const entries = await read('name,bucket\na,"b"hunter2\nc,d,hunter2\ne,f\n');
  expect(entries.at(-1)).toEqual({ line: 4, fields: { name: 'e', bucket: 'f' } });
  const failed = entries.filter((entry) => 'error' in entry);
  expect(failed.length).toBeGreaterThanOrEqual(1);
  for (const { error } of failed as { error: Error }[]) {
    expect(error).toMatchObject({ code: 'CLI_IMPORT_ENTRY_INVALID' });
    expect(JSON.stringify({ ...error, message: error.message })).not.toContain('hunter2');
  }
});

it('takes an open quote for no more than a broken row', async () => {
  const entries = await read(`name,bucket\na,b\nc,"${'x'.repeat(300_000)}\n`);
  expect(entries[0]).toEqual({ line: 2, fields: { name: 'a', bucket: 'b' } });
  expect(entries.slice(1).every((entry) => 'error' in entry)).toBe(true);
});

it.each([
  ['an unknown field', 'name,colour\n', 'CLI_IMPORT_INVALID'],
  ['a field named twice', 'name,Name\n', 'CLI_IMPORT_INVALID'],
  ['an empty file', '', 'CLI_IMPORT_INVALID'],
  ['secrets in the clear', 'name,secretAccessKey\na,hunter2\n', 'CLI_IMPORT_SECRET_INLINE'],
  ['a password column', 'name,Password\n', 'CLI_IMPORT_SECRET_INLINE'],
])('refuses %s', async (_name, text, code) => {
  await expect(read(text)).rejects.toMatchObject({ code, hint: expect.any(String) });
});

it('refuses a file that is not there', async () => {
  await expect(csvEntries(join(folder, 'absent.csv')).next()).rejects.toMatchObject({ code: 'CLI_FILE_UNREADABLE' });
});

it('needs no more memory for 200,000 rows than for a few', async () => {
  setFlagsFromString('--expose_gc');
  const collect = runInNewContext('gc') as () => void;
  const path = join(folder, 'long.csv');
  const rows = function* () {
    yield 'name,bucket,prefix\n';
    for (let n = 0; n < 200_000; n += 1) yield `host-${n},bucket-${n},a/folder/of/some/depth/\n`;
  };
  await pipeline(Readable.from(rows()), createWriteStream(path));
  let [count, early] = [0, 0];
  for await (const entry of csvEntries(path)) {
    count += 'fields' in entry ? 1 : 0;
    if (count !== 1_000 && count !== 200_000) continue;
    collect();
    const { heapUsed } = process.memoryUsage();
    if (count === 1_000) early = heapUsed;
    else expect(heapUsed - early).toBeLessThan(4 << 20);
  }
  expect(count).toBe(200_000);
});

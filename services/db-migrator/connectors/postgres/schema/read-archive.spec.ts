import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { describeIf, findClientTools, startPostgres, whyNoClientTools, whyNoPostgres } from '@smartant/test-servers';
import { openTestEndpoint } from '../fixtures/test-endpoint';
import { makeTypeZoo } from '../fixtures/type-zoo';
import type { DumpEntry } from './dump-entry';
import { findPostgresTools } from './find-postgres-tools';
import { readArchive } from './read-archive';

const never = new AbortController().signal;
/** Of Debian: its archives are of an older format. */
const debian = '/usr/lib/postgresql/15/bin/pg_dump';
const FLAGS = ['-Fc', '-Z0', '--section=pre-data', '--section=post-data'];

async function all(chunks: AsyncIterable<Buffer>): Promise<DumpEntry[]> {
  const entries: DumpEntry[] = [];
  for await (const entry of readArchive(chunks)) entries.push(entry);
  return entries;
}

describeIf(whyNoClientTools() ?? whyNoPostgres(15), 'readArchive', () => {
  it('reads what pg_restore lists, of every format that is at hand', async () => {
    const server = await startPostgres({ major: 15 });
    const folder = mkdtempSync(join(tmpdir(), 'smartant-archive-'));
    try {
      const url = await server.createDatabase('zoo');
      const session = await openTestEndpoint(url).open({ applicationName: 'test', signal: never });
      await makeTypeZoo(session);
      await session.close();
      const newest = findClientTools()!;
      for (const pgDump of [newest.pgDump, ...(existsSync(debian) ? [debian] : [])]) {
        const archive = join(folder, 'dump');
        execFileSync(pgDump, [...FLAGS, '-f', archive, url]);
        const listed = execFileSync(newest.pgRestore, ['-l', archive], { encoding: 'utf8' });
        const ids = listed
          .split('\n')
          .flatMap((line) => (/^(\d+); (\d+) (\d+) (.*)$/.exec(line) ? [line.replace(/^(\d+); (\d+) (\d+) .*/, '$1 $2 $3')] : []));
        // A few bytes at a time, so that fields are cut in two.
        const child = spawn(pgDump, [...FLAGS, url], {
          stdio: ['ignore', 'pipe', 'ignore'],
        });
        const entries = await all(bytes(child.stdout));
        const read = new Set(entries.map(({ id, classOid, oid }) => `${id} ${classOid} ${oid}`));
        expect(ids.filter((line) => !read.has(line))).toEqual([]);
        expect(ids.length).toBeGreaterThan(100);
        const table = entries.find(({ kind, tag }) => kind === 'TABLE' && tag === 'User.Table');
        expect(table).toMatchObject({
          schema: 'We"ird Schema',
          owner: 'postgres',
          section: 'pre',
          statement: expect.stringMatching(/^CREATE TABLE "We""ird Schema"."User.Table"/),
        });
      }
    } finally {
      await server.stop();
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it('refuses what is none, is cut off or too new', async () => {
    await expect(all(Readable.from([Buffer.from('--\n-- PostgreSQL database dump')]))).rejects.toMatchObject({
      code: 'POSTGRES_DUMP_UNREADABLE',
    });
    await expect(all(Readable.from([Buffer.from('PGD')]))).rejects.toMatchObject({ code: 'POSTGRES_DUMP_UNREADABLE' });
    const newer = Buffer.from([...Buffer.from('PGDMP'), 1, 99, 0, 4, 8, 1]);
    await expect(all(Readable.from([newer]))).rejects.toThrow('1.99');
  });
});

it('says where to get pg_dump from when there is none', async () => {
  const error: unknown = await findPostgresTools(99).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({
    code: 'POSTGRES_TOOLS_MISSING',
    message: expect.stringContaining('PostgreSQL 99 or newer'),
    hint: expect.stringContaining('SMARTANT_POSTGRES_TOOLS'),
  });
});

async function* bytes(stream: Readable): AsyncGenerator<Buffer> {
  for await (const chunk of stream as AsyncIterable<Buffer>) for (let at = 0; at < chunk.length; at += 7) yield chunk.subarray(at, at + 7);
}

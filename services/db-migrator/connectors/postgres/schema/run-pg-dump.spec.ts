import { setImmediate as nextTurn } from 'node:timers/promises';
import { describeIf, freshDatabase, whyNoClientTools } from '@smartant/test-servers';
import { openTestEndpoint } from '../fixtures/test-endpoint';
import { findPostgresTools } from './find-postgres-tools';
import { readArchive } from './read-archive';
import { runPgDump } from './run-pg-dump';

const { signal } = new AbortController();
/** Programs that this process has started and that have not ended. */
const running = () => process.getActiveResourcesInfo().filter((resource) => resource === 'ProcessWrap').length;

describeIf(whyNoClientTools(18), 'pg_dump, run for a schema', () => {
  it('loses nothing where its output is read after it has ended', async () => {
    const source = openTestEndpoint(await freshDatabase());
    const session = await source.open({ applicationName: 'test', signal });
    try {
      await session.query('CREATE TABLE public.late (id int PRIMARY KEY)');
      await session.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
      const [row] = await session.query('SELECT pg_export_snapshot() AS name');
      const tools = await findPostgresTools(Math.floor(session.serverVersion / 10_000));
      const tags = await runPgDump(tools, source, { snapshot: row?.['name'] ?? '', signal }, async (chunks) => {
        const before = running();
        while (running() === before) await nextTurn();
        const read: string[] = [];
        for await (const { tag } of readArchive(chunks)) read.push(tag);
        return read;
      });
      expect(tags).toContain('late');
    } finally {
      await session.close();
    }
  });
});

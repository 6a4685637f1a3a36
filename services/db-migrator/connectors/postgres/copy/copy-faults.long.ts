import { describeIf, startRestartablePostgres, whyNoPostgres, type RestartablePostgres } from '@smartant/test-servers';
import type { CopyOptions } from './copy-options';
import { copyTables } from './copy-tables';
import { contentOf, copyDatabases, type CopyDatabases } from './fixtures/copy-databases';
import { DyingProcess } from './fixtures/dying-endpoint';

const LARGE = { schema: 'public', table: 'large' };
const SMALL = { schema: 'public', table: 'small' };

async function expectSame({ source, target }: CopyDatabases): Promise<void> {
  for (const table of [LARGE, SMALL]) expect(await contentOf(target, table)).toEqual(await contentOf(source, table));
}

async function fill(databases: CopyDatabases, rows: number): Promise<void> {
  await databases.both('CREATE TABLE public.large (id int, filler text); CREATE TABLE public.small (id int)');
  await databases.at(databases.source, `INSERT INTO public.large SELECT n, repeat('x', 1000) FROM generate_series(1, ${rows}) n`);
  await databases.at(databases.source, 'INSERT INTO public.small SELECT generate_series(1, 10)');
}

/** A fault while bytes flow: at the nth request for more. */
function atRequest(number: number, fault: () => Promise<void>): CopyOptions['admit'] {
  let requests = 0;
  return async () => {
    requests += 1;
    if (requests === number) await fault();
  };
}

describe('copyTables when its process dies', () => {
  it('copies each row once, whatever its last step was', async () => {
    const databases = await copyDatabases();
    await fill(databases, 300);
    const snapshot = await databases.snapshot();
    const options = await databases.options(snapshot, { splitBytes: 256 * 1024, attempts: 1, jobs: 1 });
    let deaths = 0;
    for (let step = 1; ; step += 1) {
      await databases.at(databases.target, 'TRUNCATE public.large, public.small; DROP SCHEMA IF EXISTS smartant CASCADE');
      const dying = new DyingProcess(step);
      const endpoints = { source: dying.endpoint(databases.source), target: dying.endpoint(databases.target) };
      await copyTables({ ...options, ...endpoints }).catch(() => undefined);
      const totals = await copyTables({ ...options, epoch: 2 });
      expect({ step, rows: totals.rows, tables: totals.tables }).toEqual({ step, rows: 310, tables: 2 });
      await expectSame(databases);
      if (!dying.isDead) break;
      deaths += 1;
    }
    await snapshot.end();
    expect(deaths).toBeGreaterThan(40);
    expect(databases.quarantined).toEqual([]);
  }, 240_000);
});

describeIf(whyNoPostgres(), 'copyTables when a server crashes', () => {
  let server: RestartablePostgres;
  beforeAll(async () => void (server = await startRestartablePostgres()));
  afterAll(() => server.stop());

  it('goes on when the target is back, and misses nothing that it had acknowledged', async () => {
    const databases = await copyDatabases(undefined, await server.createDatabase('target'));
    await fill(databases, 40_000);
    const snapshot = await databases.snapshot();
    const crash = async () => {
      await server.crash();
      await server.start();
    };
    const totals = await copyTables(
      await databases.options(snapshot, { splitBytes: 4 * 1024 * 1024, admit: atRequest(25, crash), attempts: 12 }),
    );
    await snapshot.end();
    expect(totals.rows).toBe(40_010);
    await expectSame(databases);
  });

  it('says that the snapshot is lost when the source was away, and copies the rest under another one', async () => {
    const databases = await copyDatabases(await server.createDatabase('source'));
    await fill(databases, 20_000);
    const first = await databases.snapshot();
    const crash = async () => {
      await server.crash();
      await server.start();
    };
    const change = { splitBytes: 4 * 1024 * 1024, attempts: 12 };
    await expect(copyTables(await databases.options(first, { ...change, admit: atRequest(12, crash) }))).rejects.toMatchObject({
      code: 'DATABASE_SNAPSHOT_LOST',
    });
    await first.end();
    await databases.at(databases.source, 'DELETE FROM public.large WHERE id % 10 = 0');
    const second = await databases.snapshot();
    const totals = await copyTables(await databases.options(second, { ...change, epoch: 2 }));
    await second.end();
    expect(totals.rows).toBe(18_010);
    await expectSame(databases);
  });
});

import {
  describeIf,
  freshDatabase,
  startPostgres,
  whyNoClientTools,
  whyNoPostgres,
  type PostgresMajor,
  type TestPostgres,
} from '@smartant/test-servers';
import { Client } from 'pg';
import { stageRig, type StageRig, type StageRigOptions } from '../fixtures/stage-rig';

const SHOP = `CREATE TABLE public.item (id int PRIMARY KEY, name text); INSERT INTO public.item SELECT n, 'item ' || n FROM generate_series(1, 50) n;
  CREATE TABLE public.note (id bigserial PRIMARY KEY, item int REFERENCES public.item, body text);
  INSERT INTO public.note (item, body) SELECT n, 'note ' || n FROM generate_series(1, 20) n`;
const ROWS = 70;
const MAJORS: readonly PostgresMajor[] = [12, 14, 16, 17];

let rig: StageRig | undefined;
afterEach(async () => {
  await rig?.close();
  rig = undefined;
});

async function asAdministrator<T extends object>(url: string, sql: string): Promise<T[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  const result = await client.query<T>(sql);
  await client.end();
  return [result].flat().at(-1)!.rows;
}

/**
 * A database of a role as managed services give it to their customers: it owns the database, is no superuser, may replicate, and is a member of
 * `rds_replication`; its password is kept for SCRAM. Resolves with its URL.
 */
async function ownedDatabase(server: TestPostgres, name: string): Promise<string> {
  const url = new URL(await server.createDatabase(name));
  await asAdministrator(
    url.toString(),
    `SET password_encryption = 'scram-sha-256'; CREATE ROLE rds_replication; CREATE ROLE mover LOGIN NOSUPERUSER REPLICATION PASSWORD 'moved away';
     GRANT rds_replication TO mover; ALTER DATABASE "${name}" OWNER TO mover; ALTER SCHEMA public OWNER TO mover`,
  );
  [url.username, url.password] = ['mover', encodeURIComponent('moved away')];
  return url.toString();
}

async function copied(options: Partial<StageRigOptions>): Promise<StageRig> {
  const made = await stageRig({ schema: SHOP, ...options });
  rig = made;
  for (const stage of ['prepare', 'schema', 'copy', 'constraints', 'sync'] as const) {
    const { findings = [] } = await made.stage(stage);
    expect(findings.filter(({ severity }) => severity === 'blocker')).toEqual([]);
  }
  return made;
}

/** Cut over with changes between the comparison ahead and the freeze, streamed back, and released. */
async function cutOverAndRelease(moved: StageRig): Promise<string[]> {
  await moved.rows('source', `UPDATE item SET name = 'early' WHERE id = 2; INSERT INTO note (item, body) VALUES (1, 'early')`);
  await moved.streaming('stream', async () => (await moved.rows('target', 'SELECT FROM note')).length === 21);
  let isDone = false;
  moved.hooks.open = async (side, name) => {
    if (isDone || side !== 'source' || !name.startsWith('smartant freeze')) return;
    isDone = true;
    await moved.rows('source', `UPDATE item SET name = 'late' WHERE id = 3; INSERT INTO note (item, body) VALUES (2, 'late')`);
  };
  const cut = await moved.stage('cutover');
  expect(cut).toMatchObject({
    verification: { equal: true, tables: 2, sourceRows: ROWS + 2, targetRows: ROWS + 2 },
    openedAt: expect.any(String),
  });
  expect(moved.counted.verifiedRows).toBe(ROWS + 1);
  await moved.rows('target', `SET default_transaction_read_only = off; INSERT INTO note (item, body) VALUES (3, 'written at the target')`);
  await moved.streaming('stream-back', async () => (await moved.rows('source', 'SELECT FROM note')).length === 23);
  const { findings = [] } = await moved.stage('release');
  expect(findings).toEqual([]);
  for (const side of ['source', 'target'] as const) {
    expect([side, await moved.slots(side)]).toEqual([side, []]);
    expect(
      await moved.rows(
        side,
        `SELECT pubname AS left FROM pg_publication UNION ALL SELECT nspname FROM pg_namespace WHERE nspname = 'smartant'`,
      ),
    ).toEqual([]);
  }
  return (cut.findings ?? []).map(({ code }) => code);
}

for (const major of MAJORS) {
  describeIf(whyNoPostgres(major) ?? whyNoClientTools(major), `a cutover from PostgreSQL ${major}`, () => {
    let server: TestPostgres;
    beforeAll(async () => {
      server = await startPostgres({ major, settings: { max_replication_slots: '10', max_wal_senders: '10' } });
    });
    afterAll(() => server.stop());

    it('verifies rows before the freeze, follows what changes, and leaves nothing behind', async () => {
      const moved = await copied({ urls: { source: await server.createDatabase('ahead'), target: await freshDatabase() } });
      expect(await cutOverAndRelease(moved)).not.toContain('DATABASE_VERIFIED_IN_FREEZE');
    });

    it('needs no superuser at either end, and signs in by SCRAM', async () => {
      const target = await startPostgres();
      try {
        const urls = { source: await ownedDatabase(server, 'managed'), target: await ownedDatabase(target, 'managed') };
        const [kept] = await asAdministrator<{ password: string; methods: string }>(
          server.url,
          `SELECT (SELECT left(rolpassword, 13) FROM pg_authid WHERE rolname = 'mover') AS password,
             (SELECT string_agg(DISTINCT auth_method, ',') FROM pg_hba_file_rules WHERE type = 'host') AS methods`,
        );
        expect(kept).toEqual({ password: 'SCRAM-SHA-256', methods: 'scram-sha-256' });
        const moved = await copied({ urls });
        expect(await moved.rows('source', `SELECT rolsuper FROM pg_roles WHERE rolname = current_user`)).toEqual([{ rolsuper: 'f' }]);
        expect(await cutOverAndRelease(moved)).not.toContain('DATABASE_VERIFIED_IN_FREEZE');
      } finally {
        await rig?.close();
        rig = undefined;
        await target.stop();
      }
    });
  });
}

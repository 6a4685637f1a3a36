import { startRestartablePostgres, type RestartablePostgres } from '@smartant/test-servers';
import { readCatalog } from '../catalog/read-catalog';
import { memoryState } from '../fixtures/memory-state';
import { openTestEndpoint } from '../fixtures/test-endpoint';
import type { PgEndpoint, PgSession } from '../session/pg-session';
import { describeFreeze, freezeWrites, type Freeze, type FreezeOptions } from './freeze-writes';
import { thawWrites } from './thaw-writes';

const { signal } = new AbortController();
const MIGRATION = `mig_${'a'.repeat(32)}`;

let server: RestartablePostgres;
let databases = 0;

beforeAll(async () => {
  server = await startRestartablePostgres({ settings: { max_prepared_transactions: '10', autovacuum_naptime: '5s' } });
});
afterAll(() => server.stop());

interface Rig {
  url: string;
  endpoint: PgEndpoint;
  session: PgSession;
  options: FreezeOptions;
  freezes: Freeze[];
  freeze(change?: Partial<FreezeOptions>): Promise<Freeze>;
}

async function rig(schema = 'CREATE TABLE public.t (a int)'): Promise<Rig> {
  const url = await server.createDatabase(`freeze_${(databases += 1)}`);
  const endpoint = openTestEndpoint(url);
  const session = await openSession(endpoint, `watch ${MIGRATION}`);
  await session.query(schema);
  const { tables } = await readCatalog(session, signal);
  const options: FreezeOptions = {
    endpoint,
    side: 'source',
    state: memoryState(),
    migrationId: MIGRATION,
    tables,
    deadlineMs: 3_000,
    signal,
  };
  return { url, endpoint, session, options, freezes: [], freeze: (change) => freezeWrites({ ...options, ...change }) };
}

/** As an application's: it takes the settings of its database. */
async function openSession(endpoint: PgEndpoint, applicationName = 'writer'): Promise<PgSession> {
  const session = await endpoint.open({ applicationName, signal });
  await session.query('RESET default_transaction_read_only');
  return session;
}

async function asRole(rigged: Rig, role: string, attributes = ''): Promise<PgEndpoint> {
  await rigged.session.query(
    `DO $$ BEGIN IF to_regrole('${role}') IS NULL THEN CREATE ROLE ${role} LOGIN PASSWORD 'secret' ${attributes}; END IF; END $$`,
  );
  const url = new URL(rigged.url);
  [url.username, url.password] = [role, 'secret'];
  return openTestEndpoint(url.toString());
}

async function inserted(session: PgSession): Promise<number> {
  const [row] = await session.query('SELECT count(*) AS count FROM public.t');
  return Number(row?.['count']);
}

/** Every transaction that wrote to the table was committed before the frozen position: none was begun that could still. */
async function expectNoWriteCan(rigged: Rig): Promise<void> {
  const writer = await openSession(rigged.endpoint);
  await writer.query(`SET default_transaction_read_only = off; SET lock_timeout = '150ms'`);
  await expect(writer.query('INSERT INTO public.t VALUES (99)')).rejects.toMatchObject({ code: 'DATABASE_BUSY' });
  await writer.close();
}

it('keeps new sessions read-only and other roles away, and puts everything back as it was', async () => {
  const rigged = await rig();
  const reader = await asRole(rigged, 'reader');
  await rigged.session.query(
    `ALTER DATABASE "${rigged.endpoint.database}" SET default_transaction_read_only = off; GRANT CONNECT ON DATABASE "${rigged.endpoint.database}" TO reader WITH GRANT OPTION`,
  );
  const rights = `SELECT setconfig::text, (SELECT string_agg(a::text, ' ' ORDER BY a::text) FROM aclexplode(datacl) a) AS acl FROM pg_database d LEFT JOIN pg_db_role_setting s ON s.setdatabase = d.oid WHERE datname = current_database()`;
  const before = await rigged.session.query(rights);
  const { barrier, frozenLsn, frozenAt, findings } = await rigged.freeze();
  expect({ kind: barrier.kind, findings }).toEqual({ kind: 'locked', findings: [] });
  expect(frozenLsn).toMatch(/^[0-9A-F]+\/[0-9A-F]+$/);
  expect(Math.abs(Date.parse(frozenAt) - Date.now())).toBeLessThan(60_000);
  await expect(openSession(reader)).rejects.toMatchObject({ code: 'DATABASE_ACCESS_DENIED' });
  const fresh = await openSession(rigged.endpoint);
  await expect(fresh.query('CREATE TABLE public.late (a int)')).rejects.toMatchObject({ details: { sqlState: '25006' } });
  await fresh.close();
  await expectNoWriteCan(rigged);
  await barrier.release();
  expect(await thawWrites(rigged.session, rigged.options)).toBe(true);
  expect(await rigged.session.query(rights)).toEqual(before);
  await (await openSession(reader)).close();
  expect(await thawWrites(rigged.session, rigged.options)).toBe(false);
});

it('says beforehand what it will do', async () => {
  const rigged = await rig();
  const steps = await describeFreeze(rigged.session, [], signal);
  expect(steps).toContain(`Run: ALTER DATABASE "${rigged.endpoint.database}" SET default_transaction_read_only = on`);
  expect(steps).toContain(`Run: REVOKE CONNECT ON DATABASE "${rigged.endpoint.database}" FROM PUBLIC CASCADE`);
});

it('ends an open transaction that wrote, whose rows are then gone', async () => {
  const rigged = await rig();
  const writer = await openSession(rigged.endpoint);
  await writer.query('BEGIN; INSERT INTO public.t VALUES (1)');
  const { barrier } = await rigged.freeze();
  await expect(writer.query('COMMIT')).rejects.toMatchObject({ code: 'DATABASE_UNREACHABLE' });
  expect(await inserted(rigged.session)).toBe(0);
  await barrier.release();
});

it('ends a COPY in progress', async () => {
  const rigged = await rig();
  const writer = await openSession(rigged.endpoint);
  const { stream } = writer.takeOver();
  const query = Buffer.from('COPY public.t FROM STDIN\0');
  const length = Buffer.alloc(4);
  length.writeUInt32BE(query.length + 4);
  const copying = new Promise((resolve) => stream.once('data', resolve));
  stream.write(Buffer.concat([Buffer.from('Q'), length, query]));
  stream.resume();
  await copying;
  stream.write(Buffer.from('d\0\0\0\x061\n', 'latin1'));
  const { barrier } = await rigged.freeze();
  await expectNoWriteCan(rigged);
  expect(await inserted(rigged.session)).toBe(0);
  await barrier.release();
  writer.destroy();
});

it('keeps out writers that come back at once and set themselves to read-write', async () => {
  const rigged = await rig('CREATE TABLE public.t (a int); CREATE TABLE public.u (a int)');
  let isStopped = false;
  let acknowledged = 0;
  const write = async () => {
    while (!isStopped) {
      try {
        const writer = await openSession(rigged.endpoint);
        await writer.query(`SET default_transaction_read_only = off`);
        for (;;) {
          await writer.query('BEGIN; INSERT INTO public.u VALUES (1); INSERT INTO public.t VALUES (1); COMMIT');
          acknowledged += 1;
        }
      } catch {
        // Ended by the freeze: comes again.
      }
    }
  };
  await rigged.session.query('CREATE PUBLICATION everything FOR ALL TABLES');
  await rigged.session.query(`SELECT pg_create_logical_replication_slot('peeked', 'pgoutput')`);
  const writers = [write(), write(), write()];
  await until(() => acknowledged > 20);
  const { barrier, frozenLsn } = await rigged.freeze({ deadlineMs: 20_000 });
  const frozen = await inserted(rigged.session);
  const [later] = await rigged.session.query(
    'SELECT pg_sleep(0.3), count(*) AS count, pg_current_wal_insert_lsn() >= $1::pg_lsn AS is_later FROM public.t',
    [frozenLsn],
  );
  expect(later).toMatchObject({ count: String(frozen), is_later: 't' });
  isStopped = true;
  await barrier.release();
  await Promise.all(writers);
  expect(await inserted(rigged.session)).toBe(frozen);
  expect(frozen).toBeGreaterThanOrEqual(acknowledged);
  const inLog = await rigged.session.query(
    `SELECT count(*) AS inserts, count(*) FILTER (WHERE lsn >= $1::pg_lsn) AS late FROM pg_logical_slot_peek_binary_changes('peeked', NULL, NULL, 'proto_version', '1', 'publication_names', 'everything')
      WHERE get_byte(data, 0) = ascii('I')`,
    [frozenLsn],
  );
  expect(inLog).toEqual([{ inserts: String(frozen * 2), late: '0' }]);
  await rigged.session.query(`SELECT pg_drop_replication_slot('peeked')`);
});

it('is not passed by an autonomous session of a function', async () => {
  const rigged = await rig();
  await rigged.session.query(`CREATE EXTENSION dblink SCHEMA public`);
  const { barrier } = await rigged.freeze();
  const caller = await openSession(rigged.endpoint, `caller ${MIGRATION}`);
  const { hostname, port, username, password } = new URL(rigged.url);
  const dsn = `host=${hostname} port=${port} user=${username} password=${password} dbname=${rigged.endpoint.database} options=''-c lock_timeout=150ms''`;
  await expect(
    caller.query(`SELECT public.dblink_exec('${dsn}', 'SET default_transaction_read_only = off; INSERT INTO public.t VALUES (1)')`),
  ).rejects.toMatchObject({ details: { sqlState: '55P03' } });
  await barrier.release();
  await caller.close();
});

it('refuses while a prepared transaction holds a table, names it, and thaws', async () => {
  const rigged = await rig();
  const writer = await openSession(rigged.endpoint);
  await writer.query(`BEGIN; INSERT INTO public.t VALUES (1); PREPARE TRANSACTION 'held'`);
  await expect(rigged.freeze()).rejects.toMatchObject({ code: 'DATABASE_PREPARED_TRANSACTION', details: { gids: '"held"' } });
  const again = await openSession(rigged.endpoint);
  await again.query('INSERT INTO public.t VALUES (2)');
  await again.query(`COMMIT PREPARED 'held'`);
  const { barrier } = await rigged.freeze();
  expect(await inserted(rigged.session)).toBe(2);
  await barrier.release();
});

it('passes over a prepared transaction that touches no migrated table', async () => {
  const rigged = await rig();
  const writer = await openSession(rigged.endpoint);
  await writer.query(`BEGIN; CREATE TABLE public.elsewhere (a int); PREPARE TRANSACTION 'elsewhere'`);
  const { barrier } = await rigged.freeze();
  expect(barrier.kind).toBe('locked');
  await barrier.release();
  await rigged.session.query(`ROLLBACK PREPARED 'elsewhere'`);
});

it('gives up and thaws when a session that it may not end holds on', async () => {
  const rigged = await rig();
  const holder = await openSession(rigged.endpoint, `spared ${MIGRATION}`);
  await holder.query('BEGIN; INSERT INTO public.t VALUES (1)');
  await expect(rigged.freeze({ deadlineMs: 1_500 })).rejects.toMatchObject({
    code: 'DATABASE_FREEZE_TIMEOUT',
    details: { sessions: expect.stringContaining(`${holder.backendPid}`) },
  });
  await holder.query('COMMIT');
  await holder.query('INSERT INTO public.t VALUES (2)');
  expect(await inserted(rigged.session)).toBe(2);
  await holder.close();
});

it('does not wait for an autovacuum against wraparound, which no server cancels by itself', async () => {
  const rigged = await rig();
  await rigged.session.query('INSERT INTO public.t SELECT generate_series(1, 100000)');
  // Each block with an exception handler takes a transaction id.
  await rigged.session.query(
    `DO $$ BEGIN FOR i IN 1..110000 LOOP BEGIN INSERT INTO public.t VALUES (0); RAISE division_by_zero; EXCEPTION WHEN division_by_zero THEN END; END LOOP; END $$`,
  );
  await rigged.session.query(
    `ALTER TABLE public.t SET (autovacuum_freeze_max_age = 100000, autovacuum_freeze_min_age = 0, autovacuum_vacuum_cost_delay = 100, autovacuum_vacuum_cost_limit = 1)`,
  );
  await until(
    async () =>
      (
        await rigged.session.query(
          `SELECT FROM pg_locks l JOIN pg_stat_activity a USING (pid) WHERE backend_type = 'autovacuum worker' AND query LIKE '%wraparound%' AND relation = 'public.t'::regclass`,
        )
      ).length > 0,
  );
  const { barrier } = await rigged.freeze();
  expect(barrier.kind).toBe('locked');
  await expectNoWriteCan(rigged);
  await barrier.release();
});

it('thaws also where a role was dropped meanwhile', async () => {
  const rigged = await rig();
  await asRole(rigged, 'shortlived');
  await rigged.session.query(`GRANT CONNECT ON DATABASE "${rigged.endpoint.database}" TO shortlived`);
  const { barrier } = await rigged.freeze();
  await barrier.release();
  await rigged.session.query('BEGIN READ WRITE; DROP ROLE shortlived; COMMIT');
  expect(await thawWrites(rigged.session, rigged.options)).toBe(true);
});

it('keeps connections for roles that are named, and gives ours what it had by way of PUBLIC', async () => {
  const rigged = await rig();
  const monitor = await asRole(rigged, 'monitor');
  const { barrier } = await rigged.freeze({ keepRoles: ['monitor'] });
  const session = await openSession(monitor);
  await session.close();
  await barrier.release();
  await thawWrites(rigged.session, rigged.options);
  const [acl] = await rigged.session.query(
    `SELECT coalesce(datacl::text, '') NOT LIKE '%monitor%' AS is_clean FROM pg_database WHERE datname = current_database()`,
  );
  expect(acl).toEqual({ is_clean: 't' });
});

it('notices that the locks were lost', async () => {
  const rigged = await rig();
  const { barrier } = await rigged.freeze();
  await barrier.assertHeld(signal);
  await rigged.session.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1`, [
    `smartant freeze ${MIGRATION}`,
  ]);
  await expect(barrier.assertHeld(signal)).rejects.toMatchObject({ code: 'DATABASE_FREEZE_LOST' });
  const second = await rigged.freeze();
  await expectNoWriteCan(rigged);
  await second.barrier.release();
});

it.each([
  ['client', false],
  ['replication connection', true],
])('ends a %s that waits for a lock before it lets go', async (_, replication) => {
  const rigged = await rig();
  const { barrier } = await rigged.freeze();
  const writer = await rigged.endpoint.open({ applicationName: 'writer', replication, signal });
  const write = async () => {
    await writer.query('SET default_transaction_read_only = off');
    await writer.query('INSERT INTO public.t VALUES (1)');
  };
  const waiting = write().catch((error: unknown) => error);
  await until(
    async () => (await rigged.session.query(`SELECT FROM pg_locks WHERE NOT granted AND relation = 'public.t'::regclass`)).length > 0,
  );
  await barrier.release();
  expect(await waiting).toMatchObject({ code: 'DATABASE_UNREACHABLE' });
  expect(await inserted(rigged.session)).toBe(0);
});

it('undoes after a crash what a holder did who is gone', async () => {
  const rigged = await rig();
  await rigged.freeze();
  await server.crash();
  await server.start();
  const session = await openSession(rigged.endpoint);
  await expect(session.query('INSERT INTO public.t VALUES (1)')).rejects.toMatchObject({ details: { sqlState: '25006' } });
  // Whoever goes on freezes again, and must not take the frozen state for the one before.
  const again = await rigged.freeze({ migrationId: MIGRATION });
  await again.barrier.release();
  const last = await openSession(rigged.endpoint);
  expect(await thawWrites(last, rigged.options)).toBe(true);
  await last.close();
  const after = await openSession(rigged.endpoint);
  await after.query('INSERT INTO public.t VALUES (1)');
  await after.close();
});

it('works for an owner without superuser, and only observes what it may not lock', async () => {
  const rigged = await rig();
  const owner = await asRole(rigged, 'db_owner');
  await rigged.session.query(`ALTER DATABASE "${rigged.endpoint.database}" OWNER TO db_owner; GRANT SELECT ON public.t TO db_owner`);
  await rigged.session.close();
  const observed = await rigged.freeze({ endpoint: owner, deadlineMs: 1_500 });
  expect({ kind: observed.barrier.kind, codes: observed.findings.map(({ code }) => code) }).toEqual({
    kind: 'observed',
    codes: ['DATABASE_FREEZE_UNPROVEN'],
  });
  await observed.barrier.release();
  const admin = await openSession(rigged.endpoint, `admin ${MIGRATION}`);
  await admin.query('BEGIN READ WRITE; GRANT UPDATE ON public.t TO db_owner; COMMIT');
  await admin.close();
  const locked = await rigged.freeze({ endpoint: owner });
  expect(locked.barrier.kind).toBe('locked');
  await locked.barrier.release();
});

it('locks all the same for a role that does not own the database, and says what it could not set', async () => {
  const rigged = await rig();
  const guest = await asRole(rigged, 'guest');
  await rigged.session.query(`GRANT SELECT, UPDATE ON public.t TO guest`);
  await rigged.session.close();
  const { barrier, findings } = await rigged.freeze({ endpoint: guest });
  expect(findings.map(({ code }) => code)).toEqual(['DATABASE_FREEZE_NOT_OWNER']);
  await expectNoWriteCan(rigged);
  await barrier.release();
});

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 10));
}

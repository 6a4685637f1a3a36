import { freshDatabase } from '@smartant/test-servers';
import { readCatalog } from '../catalog/read-catalog';
import { openTestEndpoint } from '../fixtures/test-endpoint';
import type { PgEndpoint, PgSession } from '../session/pg-session';
import { parseLsn } from './lsn';
import { createPublication, dropPublication } from './publication';
import { createSlot, dropSlot, readSlot } from './slot';

const never = new AbortController().signal;
const name = `smartant_spec_${process.pid}`;
let endpoint: PgEndpoint;
let session: PgSession;

beforeEach(async () => {
  endpoint = openTestEndpoint(await freshDatabase());
  session = await endpoint.open({ applicationName: 'spec', settings: { search_path: 'public' }, signal: never });
});
afterEach(async () => {
  await dropSlot(session, name);
  await session.close();
});

it('divides transactions between the snapshot and the stream', async () => {
  await session.query('CREATE TABLE t (id int); INSERT INTO t VALUES (1)');
  const created = await createSlot(endpoint, { name, signal: never });
  await session.query('INSERT INTO t VALUES (2)');
  await session.query(`BEGIN ISOLATION LEVEL REPEATABLE READ; SET TRANSACTION SNAPSHOT '${created.snapshotName}'`);
  expect(await session.query('SELECT id FROM t')).toEqual([{ id: '1' }]);
  await session.query('COMMIT');
  await created.assertOpen(never);
  await created.close();
  await expect(created.assertOpen(never)).rejects.toMatchObject({ code: 'DATABASE_UNREACHABLE' });
  expect(await readSlot(session, name)).toMatchObject({
    plugin: 'pgoutput',
    confirmedFlushLsn: created.slot.consistentPoint,
    activePid: null,
  });
});

it('waits for transactions that write, and stops waiting when it is told to', async () => {
  await session.query('CREATE TABLE t (id int); BEGIN; INSERT INTO t VALUES (1)');
  const told = new AbortController();
  const waiting = createSlot(endpoint, { name, signal: told.signal }).catch((error: unknown) => error);
  const watcher = await endpoint.open({ applicationName: 'watcher', signal: never });
  while ((await watcher.query(`SELECT FROM pg_replication_slots WHERE slot_name = '${name}'`)).length === 0);
  told.abort();
  expect(await waiting).toMatchObject({ code: 'CANCELLED' });
  await session.query('ROLLBACK');
  while ((await readSlot(watcher, name)) !== null);
  await watcher.close();
});

it('drops a slot that is read, is gone, or was left by an attempt that died', async () => {
  const first = await createSlot(endpoint, { name, temporary: true, signal: never });
  await dropSlot(session, name);
  await dropSlot(session, name);
  expect(await readSlot(session, name)).toBeNull();
  await (await createSlot(endpoint, { name, signal: never })).close();
  const again = await createSlot(endpoint, { name, signal: never });
  expect(parseLsn(again.slot.consistentPoint) >= parseLsn(first.slot.consistentPoint)).toBe(true);
  await again.close();
});

it('publishes just the tables that are asked for, made once or again', async () => {
  await session.query(`CREATE TABLE a (id int PRIMARY KEY); CREATE TABLE "b "" x" (id int PRIMARY KEY, v int); CREATE UNLOGGED TABLE u (id int PRIMARY KEY);
    CREATE TABLE p (id int PRIMARY KEY) PARTITION BY RANGE (id); CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (5)`);
  const tables = (await readCatalog(session)).tables;
  const published = async () =>
    (await session.query(`SELECT tablename FROM pg_publication_tables WHERE pubname = '${name}' ORDER BY 1`)).map(
      (row) => row['tablename'],
    );
  await createPublication(session, { name, tables: tables.map((table) => ({ table })) });
  expect(await published()).toEqual(['a', 'b " x', 'p1']);
  await session.query('CREATE TABLE p2 PARTITION OF p FOR VALUES FROM (5) TO (9)');
  expect(await published()).toEqual(['a', 'b " x', 'p1', 'p2']);
  const where = (table: string) => (table.startsWith('b') ? 'id > 3' : undefined);
  await createPublication(session, {
    name,
    tables: tables.filter(({ table }) => table !== 'a').map((table) => ({ table, where: where(table.table) })),
  });
  expect(await published()).toEqual(['b " x', 'p1', 'p2']);
  await createPublication(session, { name, tables: [] });
  expect(await published()).toEqual([]);
  await dropPublication(session, name);
  await dropPublication(session, name);
});

import { startRestartablePostgres, type RestartablePostgres } from '@smartant/test-servers';
import { openTestEndpoint } from '../fixtures/test-endpoint';
import type { PgSession } from '../session/pg-session';
import { RetentionWatch } from './watch-retention';

const { signal } = new AbortController();
const MIB = 2 ** 20;

let server: RestartablePostgres;
let session: PgSession;
beforeAll(async () => {
  server = await startRestartablePostgres({ settings: { wal_keep_size: '0', min_wal_size: '32MB', max_wal_size: '64MB' } });
  session = await openTestEndpoint(server.url).open({ applicationName: 'test', signal });
  await session.query('CREATE TABLE public.t (a text)');
  await session.query(`SELECT pg_create_logical_replication_slot('watched', 'pgoutput')`);
});
afterAll(async () => {
  await session.close();
  await server.stop();
});

const write = (mib: number) => session.query(`INSERT INTO public.t SELECT repeat('x', 1000) FROM generate_series(1, ${mib * 1_000})`);

it('tells what is kept, how fast it grows, when the limit is reached, and when to give up', async () => {
  let nowMs = Date.parse('2026-01-01T00:00:00Z');
  const watch = new RetentionWatch('watched', { maxBytes: 200 * MIB }, () => nowMs);
  const first = await watch.look(session);
  expect(first).toMatchObject({ verdict: 'ok', bytesPerSecond: 0, fullAt: null, message: '', limitBytes: 200 * MIB });
  await write(10);
  nowMs += 10_000;
  const second = await watch.look(session);
  expect(second.retainedBytes - first.retainedBytes).toBeGreaterThan(10 * MIB);
  expect(second.bytesPerSecond).toBe(Math.round((second.retainedBytes - first.retainedBytes) / 10));
  expect(second).toMatchObject({ verdict: 'warn', message: expect.stringMatching(/at this rate that is reached in \d+ (s|min)/) });
  expect(Date.parse(second.fullAt!)).toBeGreaterThan(nowMs);
  await write(200);
  nowMs += 1_000;
  expect(await watch.look(session)).toMatchObject({ verdict: 'drop', message: expect.stringContaining('the slot is dropped') });
  expect(await new RetentionWatch('watched', { maxBytes: 10_000 * MIB }, () => nowMs).look(session)).toMatchObject({ verdict: 'ok' });
  expect(await new RetentionWatch('watched', { maxBytes: 10_000 * MIB, freeBytes: 100 * MIB }, () => nowMs).look(session)).toMatchObject({
    verdict: 'warn',
  });
});

it('sees that the server threw the log away, and that the slot is gone', async () => {
  await session.query(`ALTER SYSTEM SET max_slot_wal_keep_size = '1MB'`);
  await session.query('SELECT pg_reload_conf()');
  const watch = new RetentionWatch('watched', { maxBytes: 0 });
  await write(40);
  await session.query('CHECKPOINT');
  await session.query('SELECT pg_switch_wal()');
  await write(1);
  await session.query('CHECKPOINT');
  expect(await watch.look(session)).toMatchObject({ verdict: 'lost', message: expect.stringContaining('thrown away') });
  await session.query(`SELECT pg_drop_replication_slot('watched')`);
  expect(await watch.look(session)).toMatchObject({ verdict: 'lost', message: expect.stringContaining('not there') });
});

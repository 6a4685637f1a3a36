import { setTimeout as delay } from 'node:timers/promises';
import { freshDatabase } from '@smartant/test-servers';
import type { TableName } from '../catalog/catalog';
import { readCatalog } from '../catalog/read-catalog';
import { openTestEndpoint } from '../fixtures/test-endpoint';
import { createPublication } from '../replication/publication';
import type { PgEndpoint, PgSession } from '../session/pg-session';
import { EVERY_TYPE, EVERY_VALUE } from './fixtures/every-type';
import { FollowedVerification, type CarriedDigest } from './followed-verification';
import type { SnapshotPair } from './snapshot-sessions';
import { drawSeed, verifyTables } from './verify-tables';

const { signal } = new AbortController();
const sameName = (name: TableName) => name;
const open = (endpoint: PgEndpoint) => endpoint.open({ applicationName: 'test', signal });

interface Rig {
  atSource: PgSession;
  atTarget: PgSession;
  both: (sql: string) => Promise<void>;
  followed: FollowedVerification;
  /** As the freeze does it, once nobody writes: what is carried, and the outcome beside that of a verification of everything. */
  finish: () => Promise<{ carried: Map<string, CarriedDigest>; ahead: boolean; whole: boolean; sameRoots: boolean }>;
}

let followed: FollowedVerification | undefined;
afterEach(() => followed?.close());

async function rigOf(schema: string, atTargetAlone = 'SELECT 1'): Promise<Rig> {
  const [source, target] = [openTestEndpoint(await freshDatabase()), openTestEndpoint(await freshDatabase())];
  const [atSource, atTarget] = [await open(source), await open(target)];
  const both = async (sql: string) => {
    for (const session of [atSource, atTarget]) await session.query(sql);
  };
  await both(schema);
  await atTarget.query(atTargetAlone);
  const { tables } = await readCatalog(atSource, signal);
  const publish = async (session: PgSession) => {
    const { tables: own } = await readCatalog(session, signal);
    return createPublication(session, { name: 'followed', tables: own.map((table) => ({ table })), identityless: 'inserts' }, signal);
  };
  const publications = { source: await publish(atSource), target: await publish(atTarget) };
  const common = { source, target, migrationId: 'mig_test', targetName: sameName, rows: [], level: 'content' as const, signal };
  const seed = drawSeed();
  followed = await FollowedVerification.begin({ ...common, tables, jobs: 2, seed, slot: `followed_${source.database}`, publications });
  const running = followed;
  const finish = async () => {
    const now = (await readCatalog(atSource, signal)).tables;
    const base = { ...common, tables: now, sequences: [], jobs: 2, frozenPosition: '' };
    let carried = new Map<string, CarriedDigest>();
    const carry = async (pair: SnapshotPair) => (carried = await running.carry(pair));
    const ahead = await verifyTables({ ...base, ahead: { seed, carry } });
    // The same seed without anything carried: what anybody would compute of the frozen sides.
    const whole = await verifyTables({ ...base, ahead: { seed, carry: async () => new Map() } });
    const roots = ({ verification: { sourceRoot, targetRoot } }: typeof whole) => [sourceRoot, targetRoot].join();
    return { carried, ahead: ahead.verification.equal, whole: whole.verification.equal, sameRoots: roots(ahead) === roots(whole) };
  };
  return { atSource, atTarget, both, followed, finish };
}

const SHOP = `CREATE TABLE public.item (id int PRIMARY KEY, name text); INSERT INTO public.item SELECT n, 'item ' || n FROM generate_series(1, 2000) n;
  CREATE TABLE public.still (id int PRIMARY KEY, name text); INSERT INTO public.still SELECT n, 'still ' || n FROM generate_series(1, 500) n`;

it('carries digests over to what anybody computes of the two sides later', async () => {
  const { followed: running, both, finish } = await rigOf(`${SHOP}; ${EVERY_TYPE}; ${EVERY_VALUE}`);
  await both(`UPDATE public.item SET name = name || '!' WHERE id % 7 = 0; DELETE FROM public.item WHERE id % 11 = 0;
    UPDATE public.item SET id = id + 10000 WHERE id % 13 = 0; INSERT INTO public.item SELECT n, 'new' FROM generate_series(20000, 20100) n;
    UPDATE public.every_type SET num = 1.500, tz = now() WHERE id = 2; DELETE FROM public.every_type WHERE id = 3`);
  await running.advance();
  await both(
    `UPDATE public.item SET name = 'last' WHERE id = 5; UPDATE public.every_type SET t = 'x' WHERE id = 1; UPDATE public.every_type SET tz = '2020-01-01' WHERE id = 2`,
  );
  const { carried, ...outcome } = await finish();
  expect(outcome).toEqual({ ahead: true, whole: true, sameRoots: true });
  expect([...carried.keys()].sort()).toEqual(['public.every_type', 'public.item', 'public.still']);
});

it('stays exact while both sides are written to all the time, over several bases', async () => {
  const { atSource, atTarget, followed: running, finish } = await rigOf(SHOP);
  let isStopped = false;
  const writing = [atSource, atTarget].map(async (session) => {
    for (let n = 0; !isStopped; n += 1) {
      await session.query(`UPDATE public.item SET name = 'v${n}' WHERE id BETWEEN ${(n * 37) % 2000} AND ${((n * 37) % 2000) + 20}`);
      await session.query(`BEGIN; INSERT INTO public.item VALUES (${100_000 + n}, 'undone'); ROLLBACK`);
    }
  });
  while (running.changedRows < 1_000) await delay(10);
  for (let bases = 0; bases < 3; bases += 1) await running.advance();
  isStopped = true;
  await Promise.all(writing);
  await atTarget.query('DELETE FROM public.item');
  await atTarget.query(`INSERT INTO public.item SELECT n, 'x' FROM generate_series(1, 2000) n`);
  await atSource.query(`UPDATE public.item SET name = 'x'`);
  const { carried, ...outcome } = await finish();
  expect(outcome).toEqual({ ahead: true, whole: true, sameRoots: true });
  expect([...carried.keys()].sort()).toEqual(['public.item', 'public.still']);
});

it.each([
  ['a row that nobody else touched', `UPDATE public.still SET name = 'forged' WHERE id = 7`],
  ['a row that is gone', 'DELETE FROM public.still WHERE id = 7'],
  ['a row too many', `INSERT INTO public.still VALUES (9999, 'more')`],
])('sees %s at the target, whoever wrote it', async (_, sql) => {
  const { atTarget, finish } = await rigOf(SHOP);
  await atTarget.query(sql);
  const { carried, ...outcome } = await finish();
  expect(outcome).toEqual({ ahead: false, whole: false, sameRoots: true });
  expect(carried.get('public.still')).toBeDefined();
});

it.each([
  ['truncated', 'TRUNCATE public.still'],
  ['rewritten', `ALTER TABLE public.still ALTER name TYPE varchar(99) USING name || '.'`],
  ['given a column', 'ALTER TABLE public.still ADD more int DEFAULT 3'],
  ['put in the place of another', `ALTER TABLE public.still RENAME TO was; CREATE TABLE public.still (id int PRIMARY KEY, name text)`],
  ['left out of what is told', `ALTER PUBLICATION followed SET TABLE public.item; UPDATE public.still SET name = 'untold'`],
  ['one whose old rows have no name', `ALTER TABLE public.still REPLICA IDENTITY NOTHING`],
])('compares a table as a whole that was %s', async (_, sql) => {
  const { both, finish } = await rigOf(SHOP);
  await both(sql);
  const { carried, ...outcome } = await finish();
  expect(outcome).toEqual({ ahead: true, whole: true, sameRoots: true });
  expect(carried.has('public.still')).toBe(false);
});

it('does not follow tables whose rows have no name or no log, and compares them as a whole', async () => {
  const {
    followed: running,
    both,
    finish,
  } = await rigOf(
    `${SHOP}; CREATE TABLE public.keyless (a int); CREATE UNLOGGED TABLE public.fleeting (a int PRIMARY KEY); CREATE TABLE public.whole (a int);
     ALTER TABLE public.whole REPLICA IDENTITY FULL; CREATE TABLE public.by_index (a int NOT NULL, b int); CREATE UNIQUE INDEX by_a ON public.by_index (a);
     ALTER TABLE public.by_index REPLICA IDENTITY USING INDEX by_a`,
  );
  expect(running.unfollowed.map(({ table }) => table)).toEqual(['fleeting', 'keyless', 'whole']);
  await both(`INSERT INTO public.keyless VALUES (1); INSERT INTO public.fleeting VALUES (1); INSERT INTO public.whole VALUES (1);
    INSERT INTO public.by_index VALUES (1, 1); UPDATE public.by_index SET a = 2`);
  const { carried, ...outcome } = await finish();
  expect(outcome).toEqual({ ahead: true, whole: true, sameRoots: true });
  expect(carried.get('public.by_index')).toMatchObject({ source: { rows: 1n } });
});

it('tells tables that differ at rest, and not those whose changes are on their way', async () => {
  const {
    atSource,
    atTarget,
    followed: running,
  } = await rigOf(
    SHOP,
    `UPDATE public.still SET name = 'forged' WHERE id = 7; CREATE TABLE public.dense (id int PRIMARY KEY, a numeric[])`,
  );
  await atSource.query(`UPDATE public.item SET name = 'on its way' WHERE id < 100`);
  await atTarget.query(`DELETE FROM public.item WHERE id = 50`);
  expect((await running.differing()).map(({ table }) => table)).toEqual(['still']);
  await running.advance();
  await atTarget.query(`UPDATE public.still SET name = 'still 7' WHERE id = 7`);
  expect(await running.differing()).toEqual([]);
});

it('does not stand in the way of who alters a table', async () => {
  const { atSource } = await rigOf(SHOP);
  await atSource.query(`SET lock_timeout = '5s'`);
  await atSource.query('ALTER TABLE public.still ADD more int; TRUNCATE public.item');
});

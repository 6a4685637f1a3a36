import { recopyTables } from '../copy/copy-tables';
import { streamChanges } from './stream-changes';
import type { StreamingPair } from '../fixtures/streaming';
import { expectEqual, joined, pairsOfSpec } from '../fixtures/streaming-specs';
import { readPosition } from './stream-position';
import type { ApplyStep } from './apply-step';

const SCHEMA = `CREATE TABLE item (id int PRIMARY KEY, v text, n int);
  CREATE TABLE code (code text, part int, v int, PRIMARY KEY (code, part));
  CREATE TABLE price (amount numeric PRIMARY KEY, v int);
  CREATE TABLE seat (id int PRIMARY KEY, seat int UNIQUE);
  CREATE TABLE log (k int, n int); ALTER TABLE log REPLICA IDENTITY FULL;
  CREATE TABLE watched (id int PRIMARY KEY); CREATE TABLE seen (id int);
  CREATE FUNCTION see() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO public.seen VALUES (NEW.id); RETURN NEW; END $$`;
const TABLES = ['item', 'code', 'price', 'seat', 'log', 'watched'];

/** Changes in small transactions, the same for the same seed; with `obstacles`, some that stand in the way of sharing. */
const history = (seed: number, changes: number, obstacles = false) => `DO $$ DECLARE r float; pick int; BEGIN
  PERFORM setseed(${seed} / 1000.0);
  FOR step IN 1..${changes} LOOP
    r := random(); pick := 1 + floor(random() * 300);
    IF r < 0.35 THEN INSERT INTO item VALUES (pick, 'v' || step, step) ON CONFLICT (id) DO UPDATE SET v = excluded.v, n = excluded.n;
    ELSIF r < 0.45 THEN DELETE FROM item WHERE id = pick;
    ELSIF r < 0.6 THEN INSERT INTO code VALUES ('c' || pick % 40, pick % 7, step) ON CONFLICT (code, part) DO UPDATE SET v = excluded.v;
    ELSIF r < 0.65 THEN DELETE FROM code WHERE code = 'c' || pick % 40;
    ELSIF r < 0.75 THEN DELETE FROM price WHERE amount = pick % 20; INSERT INTO price VALUES ((pick % 20 || CASE WHEN step % 2 = 0 THEN '.0' ELSE '' END)::numeric, step);
    ELSIF r < 0.9 THEN DELETE FROM seat WHERE seat = pick % 30; INSERT INTO seat VALUES (${seed} * 100000 + step + ${Number(obstacles)} * 50000, pick % 30);
    ELSIF r < 0.98 THEN INSERT INTO log VALUES (pick % 10, step);
    ELSIF r < 0.99 THEN DELETE FROM log WHERE ctid = (SELECT ctid FROM log WHERE log.k = pick % 10 LIMIT 1);
    ELSIF ${obstacles} AND r < 0.995 THEN UPDATE item SET id = id + 1000 * step WHERE id = pick;
    ELSIF ${obstacles} THEN INSERT INTO watched VALUES (${seed} * 100000 + step);
    END IF;
    IF step % 3 = 0 THEN COMMIT; END IF;
  END LOOP; END $$`;

/** A small generator, so that a failure can be had again. */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => (state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff) / 0x7fffffff;
}

const never = new AbortController().signal;
const newPair = pairsOfSpec();

async function pairOf(): Promise<StreamingPair> {
  const pair = await newPair({ schema: SCHEMA, identityless: 'inserts' });
  await pair.targetSession.query(
    'CREATE TRIGGER see AFTER INSERT ON watched FOR EACH ROW EXECUTE FUNCTION see(); ALTER TABLE watched ENABLE ALWAYS TRIGGER see',
  );
  return pair;
}

async function expectAllEqual(pair: StreamingPair): Promise<void> {
  await expectEqual(pair, ...TABLES);
  const seen = await pair.targetSession.query('SELECT id FROM seen ORDER BY id');
  expect(seen).toEqual(await pair.sourceSession.query('SELECT id FROM watched ORDER BY id'));
}

it('leaves the rows that the source has, where several appliers share changes out', async () => {
  const pair = await pairOf();
  const steps: ApplyStep[] = [];
  const onConflict = jest.fn();
  for (const [round, obstacles] of [false, true, false].entries()) {
    await pair.sourceSession.query(history(42 + round, 6_000, obstacles));
    await pair.drain({ appliers: 4, shareFrom: 20, onConflict, reached: joined((step) => void steps.push(step)) });
  }
  await expectAllEqual(pair);
  expect(onConflict).not.toHaveBeenCalled();
  expect(steps).toContain('part-committed');
  const splits = await pair.targetSession.query('SELECT unit, split FROM smartant.stream_split ORDER BY unit');
  expect(Object.fromEntries(splits.map(({ unit, split }) => [unit, split]))).toEqual({
    'public.code': 'row',
    'public.item': 'row',
    'public.log': 'table',
    'public.price': 'table',
    'public.seat': 'table',
  });
});

it('lets no applier meet rows before they are committed that one applier has added', async () => {
  const pair = await pairOf();
  const { sourceSession, targetSession } = pair;
  const ended = new AbortController();
  const steps: ApplyStep[] = [];
  const onConflict = jest.fn();
  const options = { appliers: 4, shareFrom: 1_000, onConflict, reached: (step: ApplyStep) => void steps.push(step), signal: ended.signal };
  const streaming = streamChanges({ ...pair.options, ...options }).catch((error: unknown) => error);
  const arrived = (sql: string, wanted: string) => until(async () => (await targetSession.query(sql))[0]?.['n'] === wanted);
  await sourceSession.query('INSERT INTO item SELECT n FROM generate_series(1, 2000) n');
  await arrived('SELECT count(*) AS n FROM item', '2000');
  await until(async () => steps.includes('joined'));
  await sourceSession.query('INSERT INTO item SELECT n FROM generate_series(2001, 4000) n');
  await arrived('SELECT count(*) AS n FROM item', '4000');
  expect(steps).toContain('part-committed');
  // A commit that takes its time: what comes next is written meanwhile.
  await targetSession.query(`CREATE FUNCTION take_time() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(0.5); RETURN NULL; END';
    CREATE CONSTRAINT TRIGGER take_time AFTER UPDATE ON smartant.stream_position DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
      EXECUTE FUNCTION take_time();
    ALTER TABLE smartant.stream_position ENABLE ALWAYS TRIGGER take_time`);
  await sourceSession.query('INSERT INTO item SELECT n FROM generate_series(10001, 10500) n');
  await sourceSession.query('DELETE FROM item WHERE id <= 2000 OR id > 10100');
  await arrived('SELECT count(*) AS n FROM item WHERE id <= 2000', '0');
  await until(async () => steps.at(-1) === 'acknowledged');
  ended.abort();
  await streaming;
  expect(steps.filter((step) => step === 'part-committed')).toHaveLength(2);
  expect(onConflict).not.toHaveBeenCalled();
  await expectAllEqual(pair);
});

async function until(condition: () => Promise<boolean>): Promise<void> {
  for (const deadline = performance.now() + 30_000; !(await condition());) {
    if (performance.now() > deadline) throw new Error('it did not come about');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

it('takes one applier where others would look at statements in another order', async () => {
  const pair = await pairOf();
  await pair.sourceSession.query('INSERT INTO item SELECT n FROM generate_series(1, 5000) n; INSERT INTO watched VALUES (1)');
  const steps: ApplyStep[] = [];
  await pair.drain({ appliers: 4, shareFrom: 20, reached: (step) => void steps.push(step) });
  await expectAllEqual(pair);
  expect(steps).not.toContain('part-committed');
});

it.each([1, 2, 3, 4, 5, 6])(
  'is exact where appliers end between each other’s commits, and come back in other numbers (seed %i)',
  async (seed) => {
    const pair = await pairOf();
    const random = randomOf(seed * 7919);
    const killer = await pair.target.open({ applicationName: 'killer', signal: never });
    const watcher = await pair.target.open({ applicationName: 'watcher', signal: never });
    let unfinished = 0;
    let left = 8;
    const reached = async (step: ApplyStep): Promise<void> => {
      if (step === 'part-committed') {
        const [row] = await watcher.query(
          `SELECT count(*) AS n FROM smartant.stream_applier a JOIN smartant.stream_position p USING (migration_id, slot) WHERE a.lsn > p.lsn`,
        );
        unfinished += Number(row?.['n']);
      }
      if (left <= 0) return;
      if (step === 'written' && random() < 0.5) {
        left -= 1;
        // One of several goes; the others commit what is theirs.
        await killer.query(
          `SELECT pg_terminate_backend(pid) FROM (SELECT pid FROM pg_stat_activity WHERE datname = current_database()
             AND application_name LIKE 'smartant apply%' ORDER BY backend_start, pid OFFSET 1 + ${Math.floor(random() * 3)} LIMIT 1) one`,
        );
      } else if ((step === 'part-committed' || step === 'position-moved') && random() < 0.5) {
        left -= 1;
        throw new Error('ended here');
      }
    };
    let epoch = 0;
    for (let round = 0; round < 4; round += 1) {
      await pair.sourceSession.query(history(seed * 10 + round, 6_000, round % 2 === 1));
      for (let isDone = false; !isDone;) {
        const appliers = 2 + Math.floor(random() * 3);
        isDone = await pair.drain({ appliers, shareFrom: 20, reached: joined(reached), epoch: (epoch += 1) }).then(
          () => true,
          (error: unknown) => {
            if (!(error instanceof Error) || (error.cause as Error | undefined)?.message !== 'ended here') throw error;
            return false;
          },
        );
      }
      await expectAllEqual(pair);
    }
    expect(left).toBeLessThan(8);
    expect(unfinished).toBeGreaterThan(0);
    await killer.close();
    await watcher.close();
  },
);

/** More than is gathered while nothing is being written: what follows is another batch, which further appliers are there for. */
const OTHER_BATCH = 'INSERT INTO log SELECT 0, n FROM generate_series(1, 2500) n';

it('takes nothing for done of a table that was left out while others were shared out, and is taken in again', async () => {
  const pair = await pairOf();
  await pair.sourceSession.query(history(7, 3_000));
  await pair.drain({ appliers: 4, shareFrom: 20, reached: joined() });
  await expectAllEqual(pair);
  const { migrationId, target } = pair;
  await recopyTables({ target, migrationId, epoch: 1, signal: never }, [{ schema: 'public', table: 'item' }]);
  const copied = await readPosition(pair.targetSession, migrationId, pair.slot.name);
  await pair.sourceSession.query(OTHER_BATCH);
  await pair.sourceSession.query('INSERT INTO item SELECT n, n::text, n FROM generate_series(1001, 1400) n');
  await pair.sourceSession.query('INSERT INTO code SELECT n::text, 0, n FROM generate_series(1001, 1400) n');
  let parts = 0;
  const endsBetween = (step: ApplyStep) => {
    if (step === 'part-committed' && (parts += 1) === 1) throw new Error('ended here');
  };
  await expect(
    pair.drain({ appliers: 4, shareFrom: 20, reached: joined(endsBetween), excluded: new Set(['public.item']), epoch: 2 }),
  ).rejects.toThrow();
  expect(parts).toBe(1);
  await pair.drain({ appliers: 4, shareFrom: 20, syncPositions: new Map([['public.item', copied!.lsn]]), epoch: 3 });
  await expectAllEqual(pair);
});

it('begins again where one of several waits for a lock: for one of the others it would wait for ever', async () => {
  const pair = await pairOf();
  await pair.sourceSession.query('INSERT INTO item SELECT n, n::text, n FROM generate_series(1, 200) n');
  await pair.drain();
  await pair.sourceSession.query(OTHER_BATCH);
  await pair.sourceSession.query('UPDATE item SET n = n + 1');
  const retried: string[] = [];
  let begun = 0;
  await pair.drain({
    appliers: 4,
    shareFrom: 20,
    onRetry: (error) => {
      retried.push((error as { code: string }).code);
      void pair.targetSession.query('ROLLBACK');
    },
    reached: joined(async (step) => {
      if (step === 'begun' && (begun += 1) === 2) await pair.targetSession.query('BEGIN; SELECT FROM item WHERE id = 7 FOR UPDATE');
    }),
  });
  expect(retried).toEqual(['DATABASE_BUSY']);
  await expectAllEqual(pair);
});

import { freshDatabase } from '@smartant/test-servers';
import type { TableName } from '../catalog/catalog';
import { readCatalog } from '../catalog/read-catalog';
import { openTestEndpoint } from '../fixtures/test-endpoint';
import type { PgEndpoint, PgSession } from '../session/pg-session';
import { verifyWhileFlowing } from './verify-while-flowing';

const { signal } = new AbortController();
const sameName = (name: TableName) => name;
const open = (endpoint: PgEndpoint) => endpoint.open({ applicationName: 'test', signal });

/** A stream by the server itself: a subscription of the target to the source, both databases of one server. */
async function streamed(schema: string): Promise<{
  source: PgEndpoint;
  target: PgEndpoint;
  atSource: PgSession;
  atTarget: PgSession;
  waitApplied: (lsn: string) => Promise<void>;
  end: () => Promise<void>;
}> {
  const url = new URL(await freshDatabase());
  const [source, target] = [openTestEndpoint(url.toString()), openTestEndpoint(await freshDatabase())];
  const [atSource, atTarget] = [await open(source), await open(target)];
  await atSource.query(schema);
  await atTarget.query(schema);
  const name = `flow_${source.database}`;
  await atSource.query('CREATE PUBLICATION everything FOR ALL TABLES');
  await atSource.query(`SELECT pg_create_logical_replication_slot('${name}', 'pgoutput')`);
  const dsn = `host=127.0.0.1 port=${url.port} user=${url.username} password=${url.password} dbname=${source.database}`;
  await atTarget.query(
    `CREATE SUBSCRIPTION ${name} CONNECTION '${dsn}' PUBLICATION everything WITH (create_slot = false, slot_name = '${name}', copy_data = true)`,
  );
  const waitApplied = async (lsn: string) => {
    for (;;) {
      const [row] = await atSource.query(
        `SELECT confirmed_flush_lsn >= $1::pg_lsn AS is_there FROM pg_replication_slots WHERE slot_name = $2`,
        [lsn, name],
      );
      if (row?.['is_there'] === 't') return;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };
  const end = async () => void (await atTarget.query(`DROP SUBSCRIPTION ${name}`));
  return { source, target, atSource, atTarget, waitApplied, end };
}

it('finds nothing while rows change all the time, and exactly the rows that are wrong', async () => {
  const flow = await streamed('CREATE TABLE public.t (id int PRIMARY KEY, v int)');
  await flow.atSource.query('INSERT INTO public.t SELECT g, 0 FROM generate_series(1, 20000) g');
  const [position] = await flow.atSource.query('SELECT pg_current_wal_insert_lsn() AS lsn');
  await flow.waitApplied(position!['lsn']!);
  let isStopped = false;
  let written = 0;
  const writer = await open(flow.source);
  const writing = (async () => {
    for (; !isStopped; written += 1)
      await writer.query('UPDATE public.t SET v = v + 1 WHERE id = $1', [String(1 + ((written * 7919) % 15_000))]);
  })();
  const { tables } = await readCatalog(flow.atSource, signal);
  const verify = () =>
    verifyWhileFlowing({
      source: flow.source,
      target: flow.target,
      migrationId: 'mig_test',
      tables,
      targetName: sameName,
      rows: [],
      jobs: 2,
      waitApplied: flow.waitApplied,
      signal,
    });
  expect(await verify()).toMatchObject({ tables: 1, sourceRows: 20_000, differences: [], differenceCount: 0, undecided: [] });
  expect(written).toBeGreaterThan(10);
  await flow.atTarget.query(
    'UPDATE public.t SET v = -5 WHERE id = 19000; DELETE FROM public.t WHERE id = 19001; INSERT INTO public.t VALUES (99999, 1)',
  );
  const { differences, undecided } = await verify();
  expect(differences.map(({ key, kind }) => `${kind} ${key}`).sort()).toEqual([
    'content public.t ["19000"]',
    'extra-at-target public.t ["99999"]',
    'missing-at-target public.t ["19001"]',
  ]);
  expect(undecided).toEqual([]);
  isStopped = true;
  await writing;
  await flow.end();
});

it('finds rows of a partition at the target that the condition of its root leaves out', async () => {
  const flow = await streamed(
    'CREATE TABLE public.t (id int PRIMARY KEY, v int) PARTITION BY RANGE (id); CREATE TABLE public.t_1 PARTITION OF public.t FOR VALUES FROM (0) TO (100)',
  );
  await flow.atSource.query('INSERT INTO public.t SELECT g, g FROM generate_series(1, 20) g');
  const [position] = await flow.atSource.query('SELECT pg_current_wal_insert_lsn() AS lsn');
  await flow.waitApplied(position!['lsn']!);
  const { tables } = await readCatalog(flow.atSource, signal);
  const { differences } = await verifyWhileFlowing({
    source: flow.source,
    target: flow.target,
    migrationId: 'mig_test',
    tables,
    targetName: sameName,
    rows: [{ table: 'public.t', where: 'v <= 18' }],
    jobs: 1,
    waitApplied: flow.waitApplied,
    signal,
  });
  expect(differences.map(({ key, kind }) => `${kind} ${key}`).sort()).toEqual([
    'extra-at-target public.t_1 ["19"]',
    'extra-at-target public.t_1 ["20"]',
  ]);
  await flow.end();
});

import { freshDatabase, startPostgres } from '@smartant/test-servers';
import type { TableName } from '../catalog/catalog';
import { readCatalog } from '../catalog/read-catalog';
import { openTestEndpoint } from '../fixtures/test-endpoint';
import type { PgEndpoint } from '../session/pg-session';
import { moveSequences } from './move-sequences';
import { claimOpening, openTarget, targetOpenedAt } from './open-target';
import { prepareReverse } from './prepare-reverse';
import { objectPrefix } from '../replication/object-names';
import { createSlot } from '../replication/slot';
import { release } from './release';
import { readSequenceStates } from './sequence-states';

const { signal } = new AbortController();
const MIGRATION = `mig_${'b'.repeat(32)}`;
const OTHER = `mig_${'c'.repeat(32)}`;
const sameName = (name: TableName) => name;
const open = (endpoint: PgEndpoint) => endpoint.open({ applicationName: 'test', signal });

describe('sequences', () => {
  const SCHEMA = `CREATE SEQUENCE public.called; CREATE SEQUENCE public.fresh START 5; CREATE SEQUENCE public.down INCREMENT -3 MAXVALUE 100 CYCLE;
    CREATE TABLE public.t (id bigint GENERATED ALWAYS AS IDENTITY, s serial); CREATE SEQUENCE public."set ""back"`;

  it('move to the source’s values, with those of identity columns, also under other names and again', async () => {
    const [source, target] = [await open(openTestEndpoint(await freshDatabase())), await open(openTestEndpoint(await freshDatabase()))];
    await source.query(`${SCHEMA}; INSERT INTO public.t DEFAULT VALUES; INSERT INTO public.t DEFAULT VALUES; SELECT setval('public.called', 9007199254740993);
      SELECT nextval('public.down'), nextval('public.down'); SELECT setval('public."set ""back"', 7, false)`);
    await target.query(`CREATE SCHEMA moved; ${SCHEMA.replaceAll('public.', 'moved.')}; SELECT nextval('moved.fresh')`);
    const { sequences } = await readCatalog(source, signal);
    const targetName = ({ table }: TableName) => ({ schema: 'moved', table });
    expect(await moveSequences({ source, target, sequences, targetName, signal })).toBe(6);
    expect(await moveSequences({ source, target, sequences, targetName, signal })).toBe(6);
    const names = (schema: string) => sequences.map(({ name }) => ({ schema, table: name }));
    const [theirs, ours] = [
      await readSequenceStates(source, names('public'), signal),
      await readSequenceStates(target, names('moved'), signal),
    ];
    expect([...ours].map(([name, state]) => [name.replace('moved.', 'public.'), state]).sort()).toEqual([...theirs].sort());
    const next = (name: string) => target.query(`SELECT nextval('moved.${name}') AS value`).then(([row]) => row?.['value']);
    expect([await next('called'), await next('fresh'), await next('down'), await next('"set ""back"')]).toEqual([
      '9007199254740994',
      '5',
      '94',
      '7',
    ]);
  });

  it('keep a value of the target that is further on, in the direction of the sequence', async () => {
    const [source, target] = [await open(openTestEndpoint(await freshDatabase())), await open(openTestEndpoint(await freshDatabase()))];
    for (const session of [source, target]) await session.query('CREATE SEQUENCE public.up; CREATE SEQUENCE public.down INCREMENT -1');
    await source.query(`SELECT setval('public.up', 10), setval('public.down', -10)`);
    await target.query(`SELECT setval('public.up', 20), setval('public.down', -5)`);
    const { sequences } = await readCatalog(source, signal);
    await moveSequences({ source, target, sequences, targetName: sameName, keepFurther: true, signal });
    const { sequences: after } = await readCatalog(target, signal);
    expect(after.map(({ name, lastValue }) => [name, lastValue])).toEqual([
      ['down', '-10'],
      ['up', '20'],
    ]);
  });

  it('say which one is missing or too small at the target, and set none', async () => {
    const [source, target] = [await open(openTestEndpoint(await freshDatabase())), await open(openTestEndpoint(await freshDatabase()))];
    await source.query(`CREATE SEQUENCE public.a; SELECT setval('public.a', 500); CREATE SEQUENCE public.b`);
    await target.query('CREATE SEQUENCE public.a MAXVALUE 100');
    const { sequences } = await readCatalog(source, signal);
    const move = () => moveSequences({ source, target, sequences, targetName: sameName, signal });
    await expect(move()).rejects.toMatchObject({ code: 'DATABASE_SEQUENCE_OUT_OF_RANGE' });
    await target.query('ALTER SEQUENCE public.a MAXVALUE 1000');
    await expect(move()).rejects.toMatchObject({ code: 'DATABASE_SEQUENCE_MISSING', details: { sequence: 'public.b' } });
    expect((await readCatalog(target, signal)).sequences[0]).toMatchObject({ isCalled: false });
  });
});

it('opens a target once, whoever asks again, and not for an older holder', async () => {
  const target = await open(openTestEndpoint(await freshDatabase()));
  expect(await targetOpenedAt(target, MIGRATION)).toBeNull();
  expect(await claimOpening(target, MIGRATION, 2)).toBeNull();
  expect(await claimOpening(target, MIGRATION, 3)).toBeNull();
  // It was about to open when the other one took over: what it sends comes late.
  await expect(openTarget(target, MIGRATION, 2)).rejects.toMatchObject({ code: 'DATABASE_EPOCH_STALE' });
  expect(await targetOpenedAt(target, MIGRATION)).toBeNull();
  const openedAt = await openTarget(target, MIGRATION, 3);
  expect(await claimOpening(target, MIGRATION, 4)).toBe(openedAt);
  expect(await openTarget(target, MIGRATION, 4)).toBe(openedAt);
  await expect(openTarget(target, MIGRATION, 3)).rejects.toMatchObject({ code: 'DATABASE_EPOCH_STALE' });
  await expect(claimOpening(target, MIGRATION, 3)).rejects.toMatchObject({ code: 'DATABASE_EPOCH_STALE' });
  expect(await targetOpenedAt(target, MIGRATION)).toBe(openedAt);
});

it('names what the target needs for the way back', async () => {
  const target = await open(openTestEndpoint(await freshDatabase()));
  await target.query('CREATE TABLE public.keyless (a int); CREATE TABLE public.keyed (a int PRIMARY KEY)');
  const { tables } = await readCatalog(target, signal);
  expect(await prepareReverse(target, tables, signal)).toMatchObject([
    {
      code: 'DATABASE_TABLE_WITHOUT_KEY',
      subject: 'target',
      fix: { statements: ['ALTER TABLE "public"."keyless" REPLICA IDENTITY FULL'] },
    },
  ]);
});

describe('release', () => {
  async function occupied(): Promise<PgEndpoint> {
    const endpoint = openTestEndpoint(await freshDatabase());
    const session = await open(endpoint);
    const prefix = objectPrefix(MIGRATION);
    await session.query(`CREATE SCHEMA smartant; CREATE TABLE smartant.stream (migration_id text, position text); INSERT INTO smartant.stream VALUES ('${MIGRATION}', 'x');
      CREATE FUNCTION smartant.${prefix}_ddl() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';
      CREATE EVENT TRIGGER ${prefix} ON ddl_command_end EXECUTE FUNCTION smartant.${prefix}_ddl(); CREATE PUBLICATION ${prefix}`);
    await session.query(`SELECT pg_create_logical_replication_slot('${prefix}_${endpoint.database}', 'pgoutput')`);
    await session.query(`SELECT pg_replication_origin_create('${prefix}_${endpoint.database}')`);
    await session.close();
    return endpoint;
  }

  async function remains(endpoint: PgEndpoint): Promise<string[]> {
    const session = await open(endpoint);
    const rows =
      await session.query(`SELECT 'slot ' || slot_name AS name FROM pg_replication_slots WHERE database = current_database() UNION ALL SELECT 'publication ' || pubname FROM pg_publication
      UNION ALL SELECT 'trigger ' || evtname FROM pg_event_trigger UNION ALL SELECT 'schema ' || nspname FROM pg_namespace WHERE nspname = 'smartant'`);
    await session.close();
    return rows.map((row) => row['name'] ?? '');
  }

  it('takes away all of a migration at both ends, also a slot in use and a frozen database, and can be repeated', async () => {
    const [source, target] = [await occupied(), await occupied()];
    const session = await open(source);
    await session.query(`ALTER DATABASE "${source.database}" SET default_transaction_read_only = on`);
    const user = await source.open({ applicationName: 'stream', replication: true, signal });
    const { stream } = user.takeOver();
    const slot = `${objectPrefix(MIGRATION)}_${source.database}`;
    const query = Buffer.from(
      `START_REPLICATION SLOT ${slot} LOGICAL 0/0 (proto_version '1', publication_names '${objectPrefix(MIGRATION)}')\0`,
    );
    const length = Buffer.alloc(4);
    length.writeUInt32BE(query.length + 4);
    const started = new Promise((resolve) => stream.once('data', resolve));
    stream.on('error', () => undefined).resume();
    stream.write(Buffer.concat([Buffer.from('Q'), length, query]));
    await started;
    const first = await release(source, target, MIGRATION, signal);
    expect(first.left).toEqual([]);
    expect(first.dropped).toEqual(
      expect.arrayContaining([`source: replication slot ${slot}`, 'source: schema smartant', 'target: schema smartant']),
    );
    expect([await remains(source), await remains(target)]).toEqual([[], []]);
    expect(await release(source, target, MIGRATION, signal)).toEqual({ dropped: [], left: [] });
    user.destroy();
  });

  it('ends the sessions of a holder that is stopped, and their temporary slots with them', async () => {
    const [source, target] = [await occupied(), await occupied()];
    const stopped = await Promise.all(
      [source, target].map(async (endpoint, at) => {
        const name = `${objectPrefix(MIGRATION)}_ahead_${endpoint.database}_${at}`;
        return createSlot(endpoint, { name, temporary: true, signal });
      }),
    );
    expect([await remains(source), await remains(target)]).toEqual([
      expect.arrayContaining([expect.stringContaining('_ahead_')]),
      expect.arrayContaining([expect.stringContaining('_ahead_')]),
    ]);
    const snapshot = await target.open({ applicationName: `smartant verify ${MIGRATION}`, signal });
    await snapshot.query('BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1');
    expect((await release(source, target, MIGRATION, signal)).left).toEqual([]);
    expect([await remains(source), await remains(target)]).toEqual([[], []]);
    const looking = await open(target);
    while ((await looking.query('SELECT FROM pg_stat_activity WHERE pid = $1', [String(snapshot.backendPid)])).length > 0) continue;
    for (const session of [snapshot, ...stopped.map((one) => one.session)]) session.destroy();
  });

  it('leaves what belongs to another migration', async () => {
    const endpoint = await occupied();
    const session = await open(endpoint);
    await session.query(`INSERT INTO smartant.stream VALUES ('${OTHER}', 'y'); CREATE PUBLICATION ${objectPrefix(OTHER)}`);
    await release(endpoint, endpoint, MIGRATION, signal);
    expect(await remains(endpoint)).toEqual([`publication ${objectPrefix(OTHER)}`, 'schema smartant']);
    expect(await session.query('SELECT migration_id FROM smartant.stream')).toEqual([{ migration_id: OTHER }]);
  });

  it('says what is left at an end that is gone, and cleans the other', async () => {
    const gone = await startPostgres();
    const source = openTestEndpoint(gone.url);
    await gone.stop();
    const target = await occupied();
    const { left } = await release(source, target, MIGRATION, signal);
    expect(left).toEqual([{ subject: 'source', object: 'everything', reason: expect.stringContaining('could not be made') }]);
    expect(await remains(target)).toEqual([]);
  });
});

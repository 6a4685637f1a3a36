import { startRestartablePostgres, type RestartablePostgres } from '@smartant/test-servers';
import { openDatabase, type Database, type IncarnationOptions, type Migration } from '..';

const migrations: Migration[] = [{ name: '0001-word', up: 'CREATE TABLE word (text text PRIMARY KEY)' }];

describe('a guarded database', () => {
  let server: RestartablePostgres;
  let url: string;
  const opened: Database[] = [];
  /** What was heard of new incarnations, in order. */
  const told: string[] = [];

  beforeAll(async () => {
    server = await startRestartablePostgres();
  });
  afterAll(() => server.stop());
  beforeEach(async () => {
    url = await server.createDatabase(`guarded_${Date.now()}`);
    told.length = 0;
  });
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((database) => database.close()));
  });

  const open = async (name = 'a', options: IncarnationOptions = {}) => {
    const begin = async (tx: { query(sql: string): Promise<unknown> }) => {
      await tx.query(`INSERT INTO word VALUES ('begun by ${name}')`);
      told.push('begun');
    };
    const incarnation = { begin, lookMs: 100, graceMs: 60_000, ...options };
    const database = await openDatabase({ url, schema: 'words', migrations, applicationName: `spec-${name}`, poolSize: 3, incarnation });
    opened.push(database);
    return database;
  };
  const say = (database: Database, word: string) =>
    database.transaction(async (tx) => void (await tx.query('INSERT INTO word VALUES ($1)', [word])));
  const words = async (database: Database) =>
    (await database.query<{ text: string }>('SELECT text FROM word ORDER BY text')).map((row) => row.text);

  /** Waits until the database lets this process in again. */
  async function back(database: Database): Promise<void> {
    while (!(await database.query('SELECT 1').catch(() => null))) await new Promise((resolve) => setTimeout(resolve, 20));
  }

  async function incarnations(database: Database): Promise<number> {
    const [row] = await database.query<{ count: number }>('SELECT count(*)::int AS count FROM incarnation');
    return row!.count;
  }

  it('stays the same through crashes and restarts of the server', async () => {
    const [a, b] = [await open('a'), await open('b')];
    const { id } = a.incarnation!;
    expect(b.incarnation!.id).toBe(id);
    for (const word of ['one', 'two']) {
      await Promise.all([say(a, `${word} of a`), say(b, `${word} of b`)]);
      await server.crash();
      await server.start();
      await Promise.all([back(a), back(b)]);
    }
    expect([a.incarnation!.id, b.incarnation!.id, told]).toEqual([id, id, []]);
    expect(await words(a)).toHaveLength(4);
  });

  it.each([
    ['the same timeline', false],
    ['another timeline', true],
  ])('is another one after older data were put back under it, on %s', async (_name, newTimeline) => {
    const [a, b] = [await open('a'), await open('b')];
    await say(a, 'kept');
    const backup = await server.backUp();
    await say(a, 'lost');
    const before = a.incarnation!.id;
    const heard: string[] = [];
    a.incarnation!.onChange((id) => heard.push(`a ${id}`));
    b.incarnation!.onChange((id) => heard.push(`b ${id}`));
    await server.putBack(backup, { newTimeline });
    await Promise.all([back(a), back(b)]);
    const { id } = a.incarnation!;
    expect(id).not.toBe(before);
    expect(heard.sort()).toEqual([`a ${id}`, `b ${id}`]);
    expect(told).toEqual(['begun']);
    expect(await words(b)).toEqual([expect.stringMatching(/^begun by [ab]$/), 'kept']);
    expect(await incarnations(a)).toBe(2);
    await server.crash();
    await server.start();
    await Promise.all([back(a), back(b)]);
    expect([a.incarnation!.id, b.incarnation!.id]).toEqual([id, id]);
  });

  it('notices that one acknowledged transaction is missing, on whichever connection it was', async () => {
    const a = await open('a', { lookMs: 3_600_000 });
    await Promise.all(['x', 'y', 'z'].map((word) => say(a, word)));
    const backup = await server.backUp();
    await say(a, 'lost');
    const before = a.incarnation!.id;
    await server.putBack(backup);
    await back(a);
    expect(a.incarnation!.id).not.toBe(before);
  });

  it('misses nothing where nothing was acknowledged since', async () => {
    const a = await open('a', { lookMs: 3_600_000 });
    await say(a, 'kept');
    const backup = await server.backUp();
    await a.transaction((tx) => tx.query('SELECT count(*) FROM word'));
    const undone = a.transaction(async (tx) => {
      await tx.query(`INSERT INTO word VALUES ('undone')`);
      throw new Error('on purpose');
    });
    await expect(undone).rejects.toThrow('on purpose');
    await server.putBack(backup);
    await back(a);
    expect(told).toEqual([]);
    expect(await words(a)).toEqual(['kept']);
  });

  it('lets nothing through until it is sure, and goes on after a while without those that are silent', async () => {
    const a = await open('a', { graceMs: 1_000, unwitnessed: async (tx) => void (await tx.query(`INSERT INTO word VALUES ('alone')`)) });
    await a.query(`INSERT INTO incarnation_witness (process, n) VALUES ('killed', 1)`);
    await server.crash();
    await server.start();
    await expect(a.query('SELECT 1')).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE' });
    await expect(a.openSession()).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE' });
    await back(a);
    expect(told).toEqual([]);
    expect(await words(a)).toEqual(['alone']);
  });

  it('believes a process that misses something later, when all took the database for whole', async () => {
    const [a, b] = [await open('a'), await open('b')];
    await say(b, 'lost');
    const before = a.incarnation!.id;
    await a.query('UPDATE incarnation_receipt SET n = n - 1 WHERE n > 0');
    while (a.incarnation!.id === before || b.incarnation!.id === before) await new Promise((resolve) => setTimeout(resolve, 20));
    await Promise.all([back(a), back(b)]);
    expect(told).toEqual(['begun']);
    expect(b.incarnation!.id).toBe(a.incarnation!.id);
  });

  it('cuts the connections of the incarnation before', async () => {
    const a = await open('a');
    const held = a.transaction(async (tx) => {
      await tx.query('SELECT 1');
      // As another process does it that remembers what this one does not.
      await a.query(
        `INSERT INTO incarnation (id, number, life, server_life, revalidated)
         SELECT 'next', number + 1, 1, server_life, true FROM incarnation`,
      );
      while (a.incarnation!.id !== 'next') await new Promise((resolve) => setTimeout(resolve, 20));
      await tx.query(`INSERT INTO word VALUES ('of the one before')`);
    });
    await expect(held).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE' });
    await back(a);
    expect(await words(a)).toEqual([]);
  });

  it('begins with another one when a restore has emptied the record, and has to be revalidated by whoever does not do it at once', async () => {
    const a = await open('a');
    const before = a.incarnation!.id;
    await a.close();
    opened.length = 0;
    const plain = await openDatabase({ url, schema: 'words', migrations, applicationName: 'plain' });
    opened.push(plain);
    await plain.query('DELETE FROM incarnation');
    const b = await open('b', { begin: undefined });
    expect(b.incarnation).toMatchObject({ isRevalidated: false });
    expect(b.incarnation!.id).not.toBe(before);
    await b.incarnation!.markRevalidated(b.incarnation!.id);
    expect((await open('c')).incarnation).toMatchObject({ id: b.incarnation!.id, isRevalidated: true });
    expect(told).toEqual([]);
  });

  it('works for a role that may do nothing but use its schema, and tells such servers apart, too', async () => {
    const admin = await openDatabase({ url, schema: 'setup', migrations: [], applicationName: 'setup' });
    opened.push(admin);
    const name = `service_${Date.now()}`;
    await admin.query(`CREATE ROLE ${name} LOGIN PASSWORD 'secret'; CREATE SCHEMA words AUTHORIZATION ${name}`);
    const asRole = new URL(url);
    asRole.username = name;
    asRole.password = 'secret';
    url = asRole.toString();
    const a = await open('a');
    const [row] = await a.query('SELECT system_identifier IS NOT NULL AS told, timeline FROM incarnation');
    expect(row).toEqual({ told: true, timeline: expect.any(Number) });
  });
});

describe('a guarded database that does not keep what it acknowledges', () => {
  it('is used with a warning', async () => {
    const server = await startRestartablePostgres({ settings: { fsync: 'off' } });
    const warned: unknown[] = [];
    const warn = (_message: string, fields: object) => void warned.push(fields);
    const database = await openDatabase({
      url: server.url,
      schema: 'words',
      migrations: [],
      applicationName: 'spec',
      incarnation: { warn },
    });
    await database.close();
    await server.stop();
    expect(warned).toEqual([{ code: 'DATABASE_NOT_DURABLE' }]);
  });
});

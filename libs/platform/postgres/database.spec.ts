import { registry, renderMetrics } from '@smartant/platform/metrics';
import { freshDatabase } from '@smartant/test-servers';
import { Client, type Pool } from 'pg';
import { isUniqueViolation, openDatabase, type Database, type Migration } from '.';

const migrations: Migration[] = [
  {
    name: '0001-account',
    up: 'CREATE TABLE account (id int PRIMARY KEY, balance bigint NOT NULL); INSERT INTO account VALUES (1, 10), (2, 20)',
  },
];

describe('openDatabase', () => {
  let url: string;
  const opened: Database[] = [];

  const open = async (steps: Migration[] = migrations, schema = 'bank') => {
    const database = await openDatabase({ url, schema, migrations: steps, applicationName: 'spec', poolSize: 4 });
    opened.push(database);
    return database;
  };

  beforeEach(async () => {
    url = await freshDatabase();
  });

  afterEach(async () => {
    await Promise.all(opened.splice(0).map((database) => database.close()));
  });

  it('creates the schema, runs each step once and sets the search path', async () => {
    await open();
    const again = await open([...migrations, { name: '0002-note', up: 'ALTER TABLE account ADD note text' }]);
    expect(await again.query('SELECT name FROM schema_migration ORDER BY name')).toEqual([{ name: '0001-account' }, { name: '0002-note' }]);
    expect(await again.query('SELECT * FROM bank.account WHERE id = $1', [1])).toEqual([{ id: 1, balance: '10', note: null }]);
    const [settings] = await again.query(
      "SELECT current_setting('synchronous_commit') AS sync, current_setting('application_name') AS name",
    );
    expect(settings).toEqual({ sync: 'on', name: 'spec' });
  });

  it('lets many processes start at once on an empty database', async () => {
    const databases = await Promise.all([open(), open(), open(), open()]);
    expect(await databases[0]!.query('SELECT count(*)::int AS accounts FROM account')).toEqual([{ accounts: 2 }]);
  });

  it('undoes a failing step as a whole', async () => {
    const broken = { name: '0002-broken', up: 'CREATE TABLE half (id int); SELECT no_such_function()' };
    await expect(open([...migrations, broken])).rejects.toMatchObject({
      code: 'DATABASE_MIGRATION_FAILED',
      details: { migration: '0002-broken' },
    });
    const database = await open();
    expect(await database.query("SELECT to_regclass('half') AS found")).toEqual([{ found: null }]);
  });

  const expanding: Migration = { name: '0002-note', up: 'ALTER TABLE account ADD note text' };
  const contracting: Migration = { name: '0003-no-balance', kind: 'contract', up: 'ALTER TABLE account DROP COLUMN balance' };
  const columns = (database: Database) =>
    database.query(
      `SELECT column_name AS name FROM information_schema.columns WHERE table_schema = 'bank' AND table_name = 'account' ORDER BY 1`,
    );

  it('starts and works beside a newer version whose steps only expand', async () => {
    await open([...migrations, expanding]);
    const older = await open();
    expect(await older.query('SELECT id, balance FROM account WHERE id = 1')).toEqual([{ id: 1, balance: '10' }]);
  });

  it('lets a contracting step wait while a program lives that does not know it, and then refuses such programs', async () => {
    const older = await open();
    const newer = await open([...migrations, expanding, contracting]);
    expect(await columns(newer)).toEqual([{ name: 'balance' }, { name: 'id' }, { name: 'note' }]);
    await older.close();
    opened.splice(opened.indexOf(older), 1);
    const next = await open([...migrations, expanding, contracting]);
    expect(await columns(next)).toEqual([{ name: 'id' }, { name: 'note' }]);
    await expect(open()).rejects.toMatchObject({ code: 'DATABASE_NEWER', details: { unknownMigrations: '0003-no-balance' } });
  });

  it('is closed to older programs when that is asked for, and not before', async () => {
    const steps: Migration[] = [...migrations, { name: '0003-new-form', kind: 'contract', onDemand: true, up: 'SELECT 1' }];
    const newer = await open(steps);
    const older = await open();
    expect(await newer.closeToOlder('0003-new-form')).toBe(false);
    await older.close();
    opened.splice(opened.indexOf(older), 1);
    // Nothing was written in the new form: one may go back still.
    const back = await open();
    await back.close();
    opened.splice(opened.indexOf(back), 1);
    expect(await newer.closeToOlder('0003-new-form')).toBe(true);
    await expect(open()).rejects.toMatchObject({ code: 'DATABASE_NEWER', details: { unknownMigrations: '0003-new-form' } });
    expect(await (await open(steps)).closeToOlder('0003-new-form')).toBe(true);
    expect(() => newer.closeToOlder('0001-other')).toThrow('waits to be asked for');
  });

  it('counts a program as dead that has not been seen for long', async () => {
    await open();
    const newer = await open([...migrations, contracting]);
    await newer.query(
      `UPDATE schema_instance SET seen_at = clock_timestamp() - interval '5 min' WHERE NOT steps @> ARRAY['0003-no-balance']`,
    );
    expect(await columns(await open([...migrations, contracting]))).toEqual([{ name: 'id' }]);
  });

  it.each([
    'DROP TABLE account',
    'ALTER TABLE account RENAME COLUMN balance TO amount',
    'ALTER TABLE account ALTER COLUMN balance TYPE int',
    'ALTER TABLE account ALTER balance SET NOT NULL',
    'ALTER TABLE account ADD COLUMN owner text NOT NULL',
    'ALTER TABLE account ADD note text, ADD owner text NOT NULL',
  ])('takes no expanding step that says %s', async (up) => {
    await expect(open([...migrations, { name: '0002-sly', up }])).rejects.toThrow('to expand only');
  });

  it.each([
    "ALTER TABLE account ADD COLUMN owner text NOT NULL DEFAULT ''",
    "ALTER TABLE account ADD note text, ADD owner text NOT NULL DEFAULT ''",
    'ALTER TABLE account ADD CONSTRAINT known CHECK (balance IS NOT NULL)',
    '-- DROP TABLE account\nSELECT 1',
    'CREATE TABLE other (id int NOT NULL)',
  ])('takes an expanding step that says %s', async (up) => {
    await open([...migrations, { name: '0002-fine', up }]);
  });

  it('resolves with the rows of UPDATE and DELETE … RETURNING', async () => {
    const database = await open();
    expect(await database.query('UPDATE account SET balance = balance + 1 WHERE id = 1 RETURNING balance')).toEqual([{ balance: '11' }]);
    expect(await database.transaction((tx) => tx.query('DELETE FROM account WHERE id = 2 RETURNING id'))).toEqual([{ id: 2 }]);
  });

  it('rolls back what a failing transaction did, and passes its error on', async () => {
    const database = await open();
    const failing = database.transaction(async (tx) => {
      await tx.query('DELETE FROM account');
      throw new Error('on purpose');
    });
    await expect(failing).rejects.toThrow('on purpose');
    const duplicate = await database.query('INSERT INTO account VALUES (1, 0)').catch((error: unknown) => error);
    expect(isUniqueViolation(duplicate, 'account_pkey')).toBe(true);
    expect(await database.query('SELECT count(*)::int AS accounts FROM account')).toEqual([{ accounts: 2 }]);
  });

  it('runs a transaction again after a deadlock', async () => {
    const database = await open();
    let attempts = 0;
    let arrivals = 0;
    let bothHoldOne!: () => void;
    const met = new Promise<void>((resolve) => (bothHoldOne = resolve));
    const transfer = (from: number, to: number) =>
      database.transaction(async (tx) => {
        attempts += 1;
        await tx.query('UPDATE account SET balance = balance - 1 WHERE id = $1', [from]);
        arrivals += 1;
        if (arrivals === 2) bothHoldOne();
        await met;
        await tx.query('UPDATE account SET balance = balance + 1 WHERE id = $1', [to]);
      });
    await Promise.all([transfer(1, 2), transfer(2, 1)]);
    expect(attempts).toBeGreaterThan(2);
    expect(await database.query('SELECT id, balance FROM account ORDER BY id')).toEqual([
      { id: 1, balance: '10' },
      { id: 2, balance: '20' },
    ]);
  });

  it('ends a statement that takes too long, but no step of the schema', async () => {
    const slowStep = { name: '0002-slow', up: 'SELECT pg_sleep(0.3)' };
    const database = await openDatabase({
      ...{ url, schema: 'bank', applicationName: 'spec', poolSize: 2, statementTimeoutMs: 100 },
      migrations: [...migrations, slowStep],
    });
    opened.push(database);
    const late = database.query('SELECT pg_sleep(60)');
    await expect(late).rejects.toMatchObject({ code: 'DATABASE_STATEMENT_TIMEOUT', kind: 'timeout', retryable: true });
    const [bounds] = await database.query("SELECT current_setting('idle_in_transaction_session_timeout') AS idle");
    expect(bounds).toEqual({ idle: '8s' });
  });

  it('survives that the server ends its connections', async () => {
    const database = await open();
    const session = await database.openSession();
    const ended = new Promise<void>((resolve) => session.onEnd(resolve));
    const admin = new Client({ connectionString: url });
    await admin.connect();
    const inTransaction = database.transaction(async (tx) => {
      await tx.query('SELECT 1');
      await admin.query(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'spec' AND datname = current_database()",
      );
      await tx.query('SELECT 2');
    });
    await expect(inTransaction).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE', retry: { kind: 'backoff' } });
    await ended;
    await admin.end();
    expect(await database.query('SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  it('tells by the same code when a repository meets the lost connection', async () => {
    const database = await open();
    const lost = database.transaction(async ({ manager, query }) => {
      await query('SELECT pg_terminate_backend(pg_backend_pid())').catch(() => undefined);
      await manager.createQueryBuilder().select('1').from('account', 'account').getRawMany();
    });
    await expect(lost).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE', retryable: true });
    const ofSomeoneElse = Object.assign(new Error('reset'), { code: 'ECONNRESET' });
    await expect(database.transaction(() => Promise.reject(ofSomeoneElse))).rejects.toBe(ofSomeoneElse);
  });

  it('outlives a connection that dies in the moment it is handed out', async () => {
    const { dataSource } = await open();
    const pool = (dataSource.driver as unknown as { master: Pool }).master;
    const handedOut = await pool.connect();
    expect(() => handedOut.emit('error', new Error('terminating connection due to unexpected postmaster exit'))).not.toThrow();
    handedOut.release(true);
  });

  it('tells how its pool is used, under the name of its application, until it is closed', async () => {
    const database = await openDatabase({ url, schema: 'bank', migrations, applicationName: 'spec-alone', poolSize: 1 });
    const told = async () => (await renderMetrics(registry)).body.split('\n').filter((line) => line.includes('{pool="spec-alone"'));
    let waiting: Promise<unknown> = Promise.resolve();
    await database.transaction(async () => {
      waiting = database.query('SELECT 1');
      await new Promise(setImmediate);
      expect(await told()).toEqual([
        'smartant_pool_connections{pool="spec-alone",state="busy"} 1',
        'smartant_pool_connections{pool="spec-alone",state="idle"} 0',
        'smartant_pool_waiting{pool="spec-alone"} 1',
        'smartant_pool_limit{pool="spec-alone"} 1',
      ]);
    });
    await waiting;
    await database.close();
    expect(await told()).toEqual([]);
  });

  it('names what is wrong with the connection', async () => {
    const wrongPassword = new URL(url);
    wrongPassword.password = 'wrong';
    const attempt = (to: string) => openDatabase({ url: to, schema: 'bank', migrations, applicationName: 'spec' });
    const denied = await attempt(wrongPassword.toString()).catch((error: unknown) => error);
    expect(denied).toMatchObject({ code: 'DATABASE_ACCESS_DENIED' });
    expect(JSON.stringify(denied)).not.toContain('wrong@');
    await expect(attempt('postgres://a:b@127.0.0.1:9/x')).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE' });
    await expect(open(migrations, 'no-good"; --')).rejects.toMatchObject({ code: 'DATABASE_SCHEMA_NAME_INVALID' });
  });

  it('works for a role that may not create schemas', async () => {
    const admin = new Client({ connectionString: url });
    await admin.connect();
    const role = `bank_${Date.now()}`;
    await admin.query(`CREATE ROLE ${role} LOGIN PASSWORD 'secret'; CREATE SCHEMA bank AUTHORIZATION ${role}`);
    await admin.end();
    const asRole = new URL(url);
    asRole.username = role;
    asRole.password = 'secret';
    const database = await openDatabase({ url: asRole.toString(), schema: 'bank', migrations, applicationName: 'spec' });
    opened.push(database);
    expect(await database.query('SELECT current_user AS me, count(*)::int AS accounts FROM account')).toEqual([{ me: role, accounts: 2 }]);
  });
});

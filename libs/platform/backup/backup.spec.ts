import { mkdtemp, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDatabase, type Database, type Migration } from '@smartant/platform/postgres';
import { freshDatabase } from '@smartant/test-servers';
import { restoreBackup, verifyBackup, writeBackup } from '.';

const passphrase = 'correct horse battery staple';

// "account" refers to "owner", which comes later in the alphabet.
const steps: Migration[] = [
  {
    name: '0001-owner',
    up: `CREATE TABLE owner (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL, note jsonb, picture bytea);
         INSERT INTO owner (name) VALUES ('made by the step')`,
  },
  {
    name: '0002-account',
    up: `CREATE TABLE account (id int PRIMARY KEY, owner_id bigint NOT NULL REFERENCES owner, balance numeric NOT NULL,
           doubled numeric GENERATED ALWAYS AS (balance * 2) STORED);
         CREATE FUNCTION total() RETURNS numeric LANGUAGE sql AS $$ SELECT sum(balance) FROM account $$`,
  },
];

describe('backup and restore', () => {
  let folder: string;
  let file: string;
  const opened: Database[] = [];
  const open = async (url: string, schema: string, migrations = steps): Promise<Database> => {
    const database = await openDatabase({ url, schema, migrations, applicationName: 'backup-spec' });
    opened.push(database);
    return database;
  };
  const closeAll = () => Promise.all(opened.splice(0).map((database) => database.close()));
  const backUp = (url: string, secrets?: Record<string, string>) =>
    writeBackup({ databaseUrl: url, path: file, passphrase, passphraseCost: 4, version: '1.2.3', secrets });
  const restore = (url: string, replace = false) => restoreBackup({ databaseUrl: url, path: file, passphrase, replace });
  const content = (database: Database) =>
    database.query(`SELECT a.*, o.name, o.note, o.picture FROM owner AS o LEFT JOIN account AS a ON a.owner_id = o.id ORDER BY o.id, a.id`);

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'smartant-backup-'));
    file = join(folder, 'platform.backup');
  });
  afterEach(async () => {
    await closeAll();
    await rm(folder, { recursive: true, force: true });
  });

  const filled = async (): Promise<{ url: string; bank: Database }> => {
    const url = await freshDatabase();
    const bank = await open(url, 'bank');
    await bank.query(
      `INSERT INTO owner (name, note, picture) VALUES (E'tab\\t, line\\n, \\\\N and 日本', '{"a": [1, null]}', '\\x00ff0a')`,
    );
    await bank.query(`INSERT INTO account (id, owner_id, balance) SELECT n, 2, n * 1.5 FROM generate_series(1, 20000) AS n`);
    const other = await open(url, 'other', [{ name: '0001-empty', up: 'CREATE TABLE nothing (id int)' }]);
    expect(await other.query('SELECT 1 FROM nothing')).toEqual([]);
    return { url, bank };
  };

  it('brings back every row, value, sequence and function, in every schema', async () => {
    const { url, bank } = await filled();
    const before = await content(bank);
    await backUp(url);
    const elsewhere = await freshDatabase();
    await restore(elsewhere);
    const restored = await open(elsewhere, 'bank');
    expect(await content(restored)).toEqual(before);
    expect(await restored.query(`INSERT INTO owner (name) VALUES ('next') RETURNING id`)).toEqual([{ id: '3' }]);
    expect(await restored.query('SELECT total()::float8 AS total')).toEqual([{ total: (20_000 * 20_001 * 1.5) / 2 }]);
    expect(await (await open(elsewhere, 'other', [{ name: '0001-empty', up: 'SELECT 1' }])).query('SELECT 1 FROM nothing')).toEqual([]);
  });

  it('holds one moment of all tables while transactions go on', async () => {
    const { url, bank } = await filled();
    let writing = true;
    // Each transaction moves money between two rows: any mix of moments would show another sum.
    const writer = (async () => {
      for (let round = 0; writing; round += 1) {
        const [from, to] = [(round % 20_000) + 1, ((round * 7919) % 20_000) + 1];
        await bank.transaction(async (tx) => {
          await tx.query('UPDATE account SET balance = balance - 1 WHERE id = $1', [from]);
          await tx.query('UPDATE account SET balance = balance + 1 WHERE id = $1', [to]);
        });
      }
    })();
    const [sum] = await bank.query('SELECT total()');
    await backUp(url);
    writing = false;
    await writer;
    const elsewhere = await freshDatabase();
    await restore(elsewhere);
    expect(await (await open(elsewhere, 'bank')).query('SELECT total()')).toEqual([sum]);
  });

  it('is brought up to date by a newer program, and can be backed up again', async () => {
    const { url } = await filled();
    await backUp(url);
    const elsewhere = await freshDatabase();
    await restore(elsewhere);
    const newer = await open(elsewhere, 'bank', [...steps, { name: '0003-note', up: `ALTER TABLE account ADD note text DEFAULT 'new'` }]);
    expect(await newer.query('SELECT note FROM account WHERE id = 1')).toEqual([{ note: 'new' }]);
    const again = await backUp(elsewhere);
    expect(again.schemas.find(({ name }) => name === 'bank')?.steps.map(({ name }) => name)).toEqual([
      '0001-owner',
      '0002-account',
      '0003-note',
    ]);
  });

  it('keeps secrets only when they are given, in a file that only its owner and nobody without the passphrase can read', async () => {
    const { url } = await filled();
    await backUp(url, { 'master-key': 'canary-secret-9000' });
    expect((await verifyBackup(file, passphrase)).secrets).toEqual({ 'master-key': 'canary-secret-9000' });
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect((await readFile(file)).includes('canary-secret-9000')).toBe(false);
    await backUp(url);
    expect((await verifyBackup(file, passphrase)).secrets).toEqual({});
  });

  it('refuses a wrong passphrase, a cut file, a changed byte and what is no backup, and changes nothing', async () => {
    const { url } = await filled();
    await backUp(url);
    const elsewhere = await freshDatabase();
    const attempt = (words = passphrase) => restoreBackup({ databaseUrl: elsewhere, path: file, passphrase: words, replace: true });
    await expect(attempt('wrong')).rejects.toMatchObject({ code: 'BACKUP_PASSPHRASE_WRONG' });
    const whole = await readFile(file);
    const changed = Buffer.from(whole);
    changed[changed.length >> 1]! ^= 1;
    await writeFile(file, changed);
    await expect(attempt()).rejects.toMatchObject({ code: 'BACKUP_UNREADABLE' });
    await writeFile(file, whole);
    await truncate(file, whole.length - 100);
    await expect(attempt()).rejects.toMatchObject({ code: 'BACKUP_UNREADABLE' });
    await writeFile(file, 'hello');
    await expect(attempt()).rejects.toMatchObject({ code: 'BACKUP_UNREADABLE' });
    await rm(file);
    await expect(attempt()).rejects.toMatchObject({ code: 'BACKUP_UNREADABLE' });
    const empty = await open(elsewhere, 'probe', []);
    expect(await empty.query(`SELECT to_regnamespace('bank') AS bank`)).toEqual([{ bank: null }]);
  });

  it('refuses a platform that runs, and one that holds data unless it is to be replaced', async () => {
    const { url } = await filled();
    await backUp(url);
    await expect(restore(url, true)).rejects.toMatchObject({ code: 'BACKUP_PLATFORM_RUNNING' });
    await opened[0]!.query('UPDATE account SET balance = 0');
    await closeAll();
    await expect(restore(url)).rejects.toMatchObject({ code: 'BACKUP_TARGET_NOT_EMPTY' });
    await restore(url, true);
    expect(await (await open(url, 'bank')).query('SELECT balance::float8 AS balance FROM account WHERE id = 2')).toEqual([{ balance: 3 }]);
  });

  it('names a database without the platform, and one that is away, and leaves no file', async () => {
    await expect(backUp(await freshDatabase())).rejects.toMatchObject({ code: 'BACKUP_NOTHING_FOUND' });
    await expect(backUp('postgres://a:b@127.0.0.1:9/x')).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE' });
    await expect(stat(file)).rejects.toMatchObject({ code: 'ENOENT' });
  });
});

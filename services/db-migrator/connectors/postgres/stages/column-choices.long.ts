import { describeIf, freshDatabase, startPostgres, whyNoClientTools, whyNoPostgres } from '@smartant/test-servers';
import type { ColumnChoice } from '../catalog/column-choices';
import { stageRig, type StageRig, type StageRigOptions } from '../fixtures/stage-rig';

const SHOP = `
  CREATE TABLE public.users (id int PRIMARY KEY, mail text NOT NULL UNIQUE, name text, password text NOT NULL DEFAULT 'unknown', salt serial, bio text, size int GENERATED ALWAYS AS (length(mail)) STORED);
  ALTER TABLE public.users ALTER bio SET STORAGE EXTERNAL;
  INSERT INTO public.users (id, mail, name, password, bio) SELECT n, 'm' || n, 'name ' || n, 'secret ' || n, CASE WHEN n % 10 = 0 THEN repeat('long ', 3000) END FROM generate_series(1, 100) n;
  CREATE TABLE public.keyed (code text PRIMARY KEY, kind text, amount int, note text); INSERT INTO public.keyed SELECT 'k' || n, 'a', n, 'note' FROM generate_series(1, 20) n;
  CREATE TABLE public.log (at int, region text, note text, hidden text, PRIMARY KEY (at, region)) PARTITION BY LIST (region); CREATE TABLE public.log_eu PARTITION OF public.log FOR VALUES IN ('eu');
  CREATE TABLE public.log_us (hidden text, region text NOT NULL, note text, at int NOT NULL); ALTER TABLE public.log ATTACH PARTITION public.log_us FOR VALUES IN ('us');
  INSERT INTO public.log SELECT n, CASE n % 2 WHEN 0 THEN 'eu' ELSE 'us' END, 'n', 'h' FROM generate_series(1, 60) n; CREATE INDEX log_note ON public.log (note);
  CREATE TABLE public.later (id int PRIMARY KEY, mail text REFERENCES public.users (mail), gone text); INSERT INTO public.later SELECT n, 'm' || n + 50, 'g' FROM generate_series(1, 30) n;
  CREATE VIEW public.people AS SELECT id, mail, upper(name) AS loud FROM public.users; CREATE INDEX users_lower ON public.users (lower(mail), name)`;

const CHOICES: ColumnChoice[] = [
  {
    table: 'public.users',
    exclude: ['password', 'salt'],
    renames: [
      { from: 'mail', to: 'email' },
      { from: 'id', to: 'user id' },
    ],
  },
  {
    table: 'public.keyed',
    exclude: ['note'],
    renames: [
      { from: 'code', to: 'kind' },
      { from: 'kind', to: 'code' },
    ],
  },
  {
    table: 'public.log',
    exclude: ['hidden'],
    renames: [
      { from: 'note', to: 'text' },
      { from: 'region', to: 'place' },
    ],
  },
  { table: 'public.later', exclude: ['gone'], renames: [{ from: 'mail', to: 'of' }] },
];

describeIf(whyNoClientTools(), 'a migration in which columns are left out and renamed', () => {
  let rig: StageRig;

  afterEach(async () => {
    await rig?.close();
  });

  async function copied({ scope, ...options }: Partial<StageRigOptions> = {}): Promise<void> {
    rig = await stageRig({ schema: SHOP, scope: { columns: CHOICES, tableJobs: 2, ...scope }, ...options });
    for (const stage of ['prepare', 'schema', 'copy', 'constraints'] as const) await rig.stage(stage);
  }

  const value = async (side: 'source' | 'target', sql: string) => Object.values((await rig.rows(side, sql))[0] ?? {})[0];
  const streamedUntil = (sql: string, expected: string) =>
    rig.streaming('stream', async () => rig.quarantined.length > 0 || (await value('target', sql)) === expected);
  const backUntil = (sql: string, expected: string) =>
    rig.streaming('stream-back', async () => rig.quarantined.length > 0 || (await value('source', sql)) === expected);
  const columns = (side: 'source' | 'target', table: string) =>
    value(
      side,
      `SELECT string_agg(attname, ',' ORDER BY attname) FROM pg_attribute WHERE attrelid = '${table}'::regclass AND attnum > 0 AND NOT attisdropped`,
    );

  const WRITES = `INSERT INTO users (id, mail, name, password) SELECT n, 'm' || n, 'new', 's' FROM generate_series(101, 200) n;
    UPDATE users SET name = 'changed' WHERE id % 10 = 0; UPDATE users SET id = 1000, password = 'moved' WHERE id = 1; DELETE FROM users WHERE id = 2; UPDATE users SET password = 'only this' WHERE id = 3;
    UPDATE keyed SET code = 'z1', kind = 'b' WHERE code = 'k1'; UPDATE keyed SET kind = 'k3' WHERE code = 'k3'; DELETE FROM keyed WHERE code = 'k2'; INSERT INTO keyed VALUES ('k2', 'c', 2, 'again');
    UPDATE log SET region = 'us', hidden = 'x' WHERE at = 2; INSERT INTO log VALUES (61, 'eu', 'late', 'h'); DELETE FROM log WHERE at = 3; UPDATE log SET note = 'changed' WHERE at < 10`;

  it('goes all the way, and back', async () => {
    await copied();
    expect(await columns('target', 'users')).toBe('bio,email,name,size,user id');
    expect(await columns('target', 'keyed')).toBe('amount,code,kind');
    expect(await columns('target', 'log_us')).toBe('at,place,text');
    expect(await rig.rows('target', `SELECT kind, code, amount FROM keyed WHERE kind = 'k7'`)).toEqual([
      { kind: 'k7', code: 'a', amount: '7' },
    ]);
    await rig.rows('source', WRITES);
    await streamedUntil('SELECT count(*) FROM users', '199');
    await rig.rows(
      'source',
      `ALTER TABLE users ADD COLUMN stock int NOT NULL DEFAULT 7; INSERT INTO users (id, mail) VALUES (201, 'm201')`,
    );
    await streamedUntil(`SELECT count(*) FROM users WHERE email = 'm201'`, '1');
    expect(rig.quarantined).toEqual([]);
    expect(await value('target', `SELECT sum(stock) FROM users`)).toBe('1400');
    rig.asked.push({ id: 'one', migrationId: rig.migrationId, kind: 'verify', tables: [] });
    await rig.streaming('stream', async () => rig.ended.length > 0);
    expect(rig.ended).toMatchObject([{ result: { differenceCount: 0, undecided: [] }, error: null }]);

    await rig.rows('source', `UPDATE users SET mail = 'last' WHERE id = 5; UPDATE log SET note = 'last' WHERE at = 8`);
    const cut = await rig.stage('cutover');
    expect(cut).toMatchObject({ verification: { equal: true, differences: [] }, openedAt: expect.any(String) });
    expect(cut.findings?.map(({ code }) => code)).not.toContain('DATABASE_VERIFIED_IN_FREEZE');
    expect(await value('target', `SELECT mail FROM people WHERE id = 5`)).toBe('last');

    await rig.rows(
      'target',
      `INSERT INTO users ("user id", email, name) VALUES (300, 'm300', 'at target'); UPDATE users SET email = 'new mail', bio = 'short' WHERE "user id" = 10; UPDATE users SET "user id" = 2000 WHERE "user id" = 1000;
       DELETE FROM users WHERE "user id" = 4; INSERT INTO keyed (kind, code, amount) VALUES ('k30', 'q', 30); UPDATE keyed SET kind = 'k99' WHERE kind = 'k9'; UPDATE log SET place = 'eu', text = 'back' WHERE at = 5;
       ALTER TABLE users ADD COLUMN extra int DEFAULT 3; UPDATE users SET extra = 4 WHERE "user id" = 10`,
    );
    await backUntil(`SELECT count(*) FROM log WHERE note = 'back'`, '1');
    expect(rig.quarantined).toEqual([]);
    expect(
      await rig.rows(
        'source',
        `SELECT id, mail, name, password, salt > 0 AS numbered FROM users WHERE id IN (3, 10, 300, 2000) ORDER BY id`,
      ),
    ).toEqual([
      { id: '3', mail: 'm3', name: 'name 3', password: 'only this', numbered: 't' },
      { id: '10', mail: 'new mail', name: 'changed', password: 'secret 10', numbered: 't' },
      { id: '300', mail: 'm300', name: 'at target', password: 'unknown', numbered: 't' },
      { id: '2000', mail: 'm1', name: 'name 1', password: 'moved', numbered: 't' },
    ]);
    expect(await rig.rows('source', `SELECT code, kind, amount, note FROM keyed WHERE amount IN (9, 30) ORDER BY amount`)).toEqual([
      { code: 'k99', kind: 'a', amount: '9', note: 'note' },
      { code: 'k30', kind: 'q', amount: '30', note: null },
    ]);
    expect(await rig.rows('source', 'SELECT region, note, hidden FROM log WHERE at = 5')).toEqual([
      { region: 'eu', note: 'back', hidden: null },
    ]);
    expect(await value('source', 'SELECT extra FROM users WHERE id = 10')).toBe('4');
    expect(await rig.stage('roll-back')).toMatchObject({ verification: { equal: true } });
    expect(await rig.isFrozen('source')).toBe(false);
    await rig.rows('source', `INSERT INTO users (id, mail) VALUES (301, 'after')`);
  });

  it('copies tables again, and adds them with their foreign keys in both directions', async () => {
    await copied({ scope: { excludeTables: ['public.later'] } });
    await rig.rows('source', WRITES);
    rig.scope.excludeTables = [];
    rig.scope.resyncs = [{ table: 'public.users', request: 1 }];
    await rig.rows(
      'source',
      `DELETE FROM later WHERE id <= 2; CREATE VIEW public.both AS SELECT l.id, l.mail, u.name FROM public.later l JOIN public.users u ON u.mail = l.mail`,
    );
    await rig.stage('sync');
    expect(rig.quarantined).toEqual([]);
    expect(await columns('target', 'later')).toBe('id,of');
    expect(await value('target', `SELECT string_agg(pg_get_constraintdef(oid), '; ') FROM pg_constraint WHERE contype = 'f'`)).toBe(
      'FOREIGN KEY (of) REFERENCES users(email)',
    );
    await rig.rows('source', `INSERT INTO later VALUES (40, 'm40', 'g'); UPDATE users SET name = 'again' WHERE id = 40`);
    await streamedUntil(`SELECT count(*) FROM "both" WHERE name = 'again'`, '1');
    expect(await rig.stage('cutover')).toMatchObject({ verification: { equal: true, differences: [] }, openedAt: expect.any(String) });
  });

  it('finds rows that differ, and mends them', async () => {
    await copied();
    await rig.rows(
      'target',
      `UPDATE users SET name = 'spoilt' WHERE "user id" = 7; DELETE FROM users WHERE "user id" = 8; INSERT INTO users ("user id", email) VALUES (999, 'extra'); UPDATE log SET text = 'spoilt' WHERE at = 5`,
    );
    rig.asked.push(
      { id: 'one', migrationId: rig.migrationId, kind: 'verify', tables: ['public.users', 'public.log_us'] },
      { id: 'two', migrationId: rig.migrationId, kind: 'repair', tables: [] },
    );
    await rig.streaming('stream', async () => rig.ended.length > 1);
    expect(rig.ended[0]?.result?.differences.map(({ key, kind }) => `${kind} ${key}`).sort()).toEqual([
      expect.stringMatching(/^content public\.log_us .*5/),
      expect.stringMatching(/^content public\.users .*7/),
      expect.stringMatching(/^extra-at-target public\.users .*999/),
      expect.stringMatching(/^missing-at-target public\.users .*8/),
    ]);
    expect(rig.ended[1]).toMatchObject({ result: { differenceCount: 0, repairedRows: expect.any(Number) }, error: null });
    expect(await rig.stage('cutover')).toMatchObject({ verification: { equal: true, differences: [] }, openedAt: expect.any(String) });
  });

  it('streams tables without a key, and those that are named by the whole row', async () => {
    await copied({
      schema: `CREATE TABLE public.whole (a int, b text, secret text); ALTER TABLE public.whole REPLICA IDENTITY FULL; INSERT INTO public.whole SELECT n % 3, 'b', n::text FROM generate_series(1, 30) n;
        CREATE TABLE public.named (id int PRIMARY KEY, v int, secret text); ALTER TABLE public.named REPLICA IDENTITY FULL; INSERT INTO public.named SELECT n, n, 's' FROM generate_series(1, 30) n`,
      scope: {
        columns: [
          { table: 'public.whole', exclude: ['secret'], renames: [{ from: 'a', to: 'x' }] },
          { table: 'public.named', exclude: ['secret'], renames: [{ from: 'id', to: 'key' }] },
        ],
        reverse: false,
      },
    });
    await rig.rows(
      'source',
      `DELETE FROM whole WHERE secret IN ('1', '4', '5'); UPDATE whole SET b = 'c' WHERE secret = '6'; UPDATE named SET v = -1, secret = 'x' WHERE id = 3; DELETE FROM named WHERE id = 4`,
    );
    expect(await rig.stage('cutover')).toMatchObject({ verification: { equal: true, differences: [] }, openedAt: expect.any(String) });
    expect(await value('target', `SELECT count(*) FROM whole WHERE b = 'c'`)).toBe('1');
  });

  it.each([
    ['gets the new name of another one', 'ALTER TABLE users ADD COLUMN email text', '(id, mail)'],
    ['is dropped', 'ALTER TABLE users DROP COLUMN mail CASCADE', '(id, name)'],
    ['is renamed', 'ALTER TABLE users RENAME COLUMN mail TO post', '(id, post)'],
  ])('puts a table aside of which a column %s', async (_name, ddl, list) => {
    await copied();
    let isChanged = false;
    await rig.rows('source', `INSERT INTO keyed VALUES ('first', 'n', 1, 'n')`);
    await rig.streaming('stream', async () => {
      if ((await value('target', `SELECT count(*) FROM keyed WHERE kind = 'first'`)) === '1' && !isChanged) {
        isChanged = true;
        await rig.rows('source', `${ddl}; INSERT INTO users ${list} VALUES (500, 'x'); INSERT INTO keyed VALUES ('next', 'n', 1, 'n')`);
      }
      return (await value('target', `SELECT count(*) FROM keyed WHERE kind = 'next'`)) === '1';
    });
    expect(rig.quarantined).toMatchObject([{ unit: 'public.users', code: 'DATABASE_TABLE_CHANGED' }]);
    expect(await columns('target', 'users')).toBe('bio,email,name,size,user id');
  });

  it('gives the target no left-out column by a partition that is attached meanwhile, and follows it when it is known', async () => {
    await copied();
    await rig.rows('target', `CREATE TABLE log_ap PARTITION OF log FOR VALUES IN ('ap')`);
    let isAttached = false;
    await rig.rows('source', `INSERT INTO keyed VALUES ('first', 'n', 1, 'n')`);
    await rig.streaming('stream', async () => {
      if ((await value('target', `SELECT count(*) FROM keyed WHERE kind = 'first'`)) === '1' && !isAttached) {
        isAttached = true;
        await rig.rows(
          'source',
          `CREATE TABLE log_ap PARTITION OF log FOR VALUES IN ('ap'); INSERT INTO log VALUES (100, 'ap', 'n', 'secret'); INSERT INTO keyed VALUES ('next', 'n', 1, 'n')`,
        );
      }
      return (await value('target', `SELECT count(*) FROM keyed WHERE kind = 'next'`)) === '1';
    });
    expect(rig.quarantined).toMatchObject([
      { unit: 'public.log_ap', code: 'DATABASE_TABLE_CHANGED', message: expect.stringContaining('it became a partition of public.log') },
    ]);
    expect(await columns('target', 'log')).toBe('at,place,text');
    rig.failures.set('public.log_ap', 'retrying');
    await rig.stage('sync');
    await streamedUntil('SELECT count(*) FROM log WHERE at = 100', '1');
    expect(await columns('target', 'log_ap')).toBe('at,place,text');
  });

  it.each([
    ['a left-out column', 'ALTER TABLE users ADD COLUMN password text'],
    ['a renamed column', 'ALTER TABLE users ADD COLUMN mail text'],
  ])('brings nothing back into a column under the name of %s', async (_name, ddl) => {
    await copied();
    await rig.stage('cutover');
    await rig.rows('target', `${ddl}; UPDATE users SET name = 'x' WHERE "user id" = 10; INSERT INTO keyed VALUES ('next', 'n', 1)`);
    await backUntil(`SELECT count(*) FROM keyed WHERE amount = 1 AND kind = 'next'`, '1');
    expect(rig.quarantined).toMatchObject([{ unit: 'public.users', code: 'DATABASE_TABLE_CHANGED' }]);
    expect(await value('source', 'SELECT password FROM users WHERE id = 10')).toBe('secret 10');
  });

  it('fills tables that the target has under the new names', async () => {
    const target = await freshDatabase();
    const make = await stageRig({ schema: 'SELECT 1', urls: { target } });
    await make.rows('target', 'CREATE TABLE public.keyed (amount int DEFAULT 7, code text, kind text PRIMARY KEY)');
    await make.close();
    await copied({
      urls: { target },
      scope: { targetPolicy: 'append', includeTables: ['public.keyed'], columns: CHOICES.filter(({ table }) => table.endsWith('keyed')) },
    });
    await rig.rows('source', `UPDATE keyed SET code = 'z1', kind = 'b' WHERE code = 'k1'`);
    await streamedUntil(`SELECT count(*) FROM keyed WHERE kind = 'z1' AND code = 'b'`, '1');
    expect(await value('target', 'SELECT count(*) FROM keyed')).toBe('20');
  });

  it('says which columns a table of the target has to have, and may not', async () => {
    const target = await freshDatabase();
    const make = await stageRig({ schema: 'SELECT 1', urls: { target } });
    await make.rows('target', 'CREATE TABLE public.keyed (amount int, kind text PRIMARY KEY, note text NOT NULL)');
    await make.close();
    rig = await stageRig({
      schema: SHOP,
      urls: { target },
      scope: { columns: CHOICES, targetPolicy: 'append', includeTables: ['public.keyed'] },
    });
    await expect(rig.stage('schema')).rejects.toMatchObject({ code: 'SCHEMA_OBJECT_REFUSED' });
  });
});

for (const major of [12, 14, 16] as const) {
  describeIf(whyNoClientTools() ?? whyNoPostgres(major), `columns of PostgreSQL ${major}`, () => {
    it('are left out and renamed on the way to the newest, and what needs them is found', async () => {
      const server = await startPostgres({ major });
      let rig: StageRig | undefined;
      try {
        const urls = { source: await server.createDatabase('columns') };
        rig = await stageRig({ schema: SHOP, urls, scope: { columns: CHOICES, reverse: false } });
        for (const stage of ['prepare', 'schema', 'copy', 'constraints'] as const) await rig.stage(stage);
        await rig.rows(
          'source',
          `UPDATE users SET mail = 'new' WHERE id = 5; DELETE FROM log WHERE at = 3; UPDATE keyed SET kind = 'z' WHERE code = 'k5'`,
        );
        expect(await rig.stage('cutover')).toMatchObject({ verification: { equal: true, differences: [] }, openedAt: expect.any(String) });
        const other = await stageRig({
          schema:
            'CREATE TABLE public.a (id int PRIMARY KEY, b int, c int GENERATED ALWAYS AS (b + 1) STORED, d int) ; CREATE TABLE public.p (x int, y text) PARTITION BY RANGE (lower(y)); CREATE VIEW public.v AS SELECT d FROM public.a',
          urls: { source: await server.createDatabase('needed') },
          scope: {
            mode: 'snapshot',
            reverse: false,
            columns: [
              { table: 'public.a', exclude: ['b', 'd'], renames: [] },
              { table: 'public.p', exclude: ['y'], renames: [] },
            ],
          },
        });
        await expect(other.stage('prepare')).rejects.toMatchObject({
          code: 'DATABASE_COLUMN_NEEDED',
          message: expect.stringContaining('generated column public.a.c'),
        });
        other.scope.columns = [{ table: 'public.p', exclude: ['y'], renames: [] }];
        await expect(other.stage('prepare')).rejects.toMatchObject({
          code: 'DATABASE_COLUMN_NEEDED',
          message: expect.stringContaining('partition key public.p'),
        });
        await other.close();
      } finally {
        await rig?.close();
        await server.stop();
      }
    });
  });
}

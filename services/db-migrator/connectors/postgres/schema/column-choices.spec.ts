import { describeIf, freshDatabase, whyNoClientTools } from '@smartant/test-servers';
import type { ColumnChoice } from '../catalog/column-choices';
import { withColumnChoices } from '../catalog/column-choices';
import type { TableName } from '../catalog/catalog';
import { restoreConstraints } from '../constraints/restore-constraints';
import { prepareSchemaCopy, type PreparedCopy } from '../fixtures/schema-copy';
import { compareSchemas } from './compare-schemas';
import { copySchema } from './copy-schema';

const never = new AbortController().signal;

const SHOP = `
  CREATE SCHEMA shop;
  CREATE FUNCTION shop.mail(text) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT lower($1)';
  CREATE TABLE shop.users (id int PRIMARY KEY, mail text NOT NULL, name text, password text NOT NULL DEFAULT 'x' CHECK (password <> ''), "Last seen" date, parts int GENERATED ALWAYS AS (length(mail)) STORED,
    salt serial, UNIQUE (mail, name), CHECK (mail <> name), EXCLUDE USING btree (mail WITH =));
  COMMENT ON COLUMN shop.users.mail IS 'mail as it is'; COMMENT ON COLUMN shop.users.password IS 'secret';
  CREATE INDEX users_mail ON shop.users (shop.mail(mail), name) INCLUDE (mail) WHERE mail <> 'name';
  CREATE INDEX users_password ON shop.users (password);
  CREATE TABLE shop.orders (id int PRIMARY KEY, mail text, name text, total int, FOREIGN KEY (mail, name) REFERENCES shop.users (mail, name) ON UPDATE CASCADE);
  CREATE VIEW shop.people AS SELECT u.mail, u.name, o.mail AS email FROM shop.users u JOIN shop.orders o USING (id) WHERE u.mail = o.mail;
  CREATE VIEW shop.more AS SELECT mail AS address FROM shop.people;
  CREATE MATERIALIZED VIEW shop.counts AS SELECT mail, count(*) AS n FROM shop.users GROUP BY mail; CREATE INDEX counts_mail ON shop.counts (mail);
  CREATE FUNCTION shop.touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.name := NEW.mail; RETURN NEW; END';
  CREATE TRIGGER touch BEFORE UPDATE OF mail ON shop.users FOR EACH ROW WHEN (old.mail <> new.mail) EXECUTE FUNCTION shop.touch();
  ALTER TABLE shop.users ENABLE ROW LEVEL SECURITY;
  CREATE POLICY own ON shop.users USING (mail = current_user AND EXISTS (SELECT FROM shop.orders o WHERE o.mail = users.mail));
  CREATE RULE quiet AS ON DELETE TO shop.orders WHERE old.total < 0 DO INSTEAD UPDATE shop.users SET mail = old.mail;
  CREATE STATISTICS shop.both ON mail, name FROM shop.users; CREATE STATISTICS shop.gone ON password, name FROM shop.users;
  CREATE TABLE shop.log (at int, mail text, note text, PRIMARY KEY (at)) PARTITION BY RANGE (at); CREATE TABLE shop.log_1 PARTITION OF shop.log FOR VALUES FROM (0) TO (9);
  CREATE TABLE shop.log_2 (note text, at int NOT NULL, mail text); ALTER TABLE shop.log ATTACH PARTITION shop.log_2 FOR VALUES FROM (9) TO (19); CREATE INDEX log_mail ON shop.log (mail)`;

const CHOICES: ColumnChoice[] = [
  {
    table: 'shop.users',
    exclude: ['password', 'salt'],
    renames: [
      { from: 'mail', to: 'name' },
      { from: 'name', to: 'Full "name"' },
    ],
  },
  { table: 'shop.orders', exclude: [], renames: [{ from: 'mail', to: 'email' }] },
  { table: 'shop.log', exclude: ['note'], renames: [{ from: 'mail', to: 'sender' }] },
];

async function prepare(choices: ColumnChoice[], sql = SHOP, targetName?: (name: TableName) => TableName): Promise<PreparedCopy> {
  const urls = { source: await freshDatabase(), target: await freshDatabase() };
  const prepared = await prepareSchemaCopy(urls, (session) => session.query(sql), { ...(targetName ? { targetName } : {}) });
  prepared.options.scope = { ...prepared.options.scope, tables: withColumnChoices([...prepared.options.scope.tables], choices) };
  return prepared;
}

async function compare({ options }: Pick<PreparedCopy, 'options'>) {
  const [source, target] = await Promise.all(
    [options.source, options.target].map((end) => end.open({ applicationName: 'test', signal: never })),
  );
  const comparison = await compareSchemas({ ...options, source: source!, target: target!, limit: 20 });
  await Promise.all([source!.close(), target!.close()]);
  return comparison;
}

async function at({ options }: Pick<PreparedCopy, 'options'>, sql: string) {
  const session = await options.target.open({ applicationName: 'test', signal: never });
  return session.query(sql).finally(() => session.close());
}

describeIf(whyNoClientTools(18), 'columns that a scope leaves out or renames', () => {
  it('are so in everything that is made of them', async () => {
    const prepared = await prepare(CHOICES);
    await copySchema(prepared.options);
    await restoreConstraints(prepared.options);
    expect(prepared.findings.map(({ code, message }) => `${code} ${message}`)).toEqual([
      expect.stringMatching(/^SCHEMA_FUNCTION_NAMES_RENAMED The text of function shop.touch\(\) has the word "mail", "name"/),
      'SCHEMA_OBJECT_LEFT_OUT The index shop.users_password is not made at the target: it depends on column "password" of shop.users, which is left out.',
      'SCHEMA_OBJECT_LEFT_OUT The statistics shop.gone is not made at the target: it depends on column "password" of shop.users, which is left out.',
    ]);
    expect(await compare(prepared)).toMatchObject({ differences: [], differenceCount: 0 });
    const definitions = await at(
      prepared,
      `SELECT pg_get_indexdef('shop.users_mail'::regclass) AS d UNION ALL SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = 'orders_mail_name_fkey'
       UNION ALL SELECT pg_get_viewdef('shop.people'::regclass) UNION ALL SELECT string_agg(attname, ',' ORDER BY attnum) FROM pg_attribute WHERE attrelid = 'shop.log_2'::regclass AND attnum > 0 AND NOT attisdropped
       UNION ALL SELECT pg_get_indexdef(indexrelid) FROM pg_index WHERE indrelid = 'shop.log_2'::regclass AND NOT indisprimary`,
    );
    expect(definitions.map(({ d }) => d?.replaceAll(/\s+/g, ' '))).toEqual([
      `CREATE INDEX users_mail ON shop.users USING btree (shop.mail(name), "Full ""name""") INCLUDE (name) WHERE (name <> 'name'::text)`,
      'FOREIGN KEY (email, name) REFERENCES shop.users(name, "Full ""name""") ON UPDATE CASCADE',
      expect.stringContaining('u.name AS mail, u."Full ""name""" AS name, o.email'),
      'at,sender',
      'CREATE INDEX log_2_mail_idx ON shop.log_2 USING btree (sender)',
    ]);
  });

  it('are so beside renamed tables and schemas', async () => {
    const targetName = ({ schema, table }: TableName) => ({
      schema: schema === 'shop' ? 'store' : schema,
      table: table === 'users' ? 'orders' : table === 'orders' ? 'users' : table,
    });
    const prepared = await prepare(CHOICES, SHOP, targetName);
    await copySchema(prepared.options);
    await restoreConstraints(prepared.options);
    expect(prepared.findings.filter(({ code }) => code === 'SCHEMA_OBJECT_REFUSED')).toEqual([]);
    expect(await compare(prepared)).toMatchObject({ differences: [], differenceCount: 0 });
  });

  it.each([
    [`ALTER TABLE shop.users RENAME COLUMN "Full ""name""" TO full_name`, ['column shop.users.name']],
    ['ALTER TABLE shop.users ADD COLUMN password text', ['column shop.users.password']],
    ['DROP INDEX shop.log_mail', ['index shop.log.log_mail', 'index shop.log_1.log_1_mail_idx', 'index shop.log_2.log_2_mail_idx']],
    ['ALTER TABLE shop.orders ALTER email SET NOT NULL', ['column shop.orders.mail']],
    [`COMMENT ON COLUMN shop.users.name IS 'other'`, ['comment shop.users.mail']],
    ['CREATE OR REPLACE VIEW shop.more AS SELECT name AS address FROM shop.people', ['view shop.more']],
  ])('differ where the target was changed: %s', async (sql, objects) => {
    const prepared = await prepare(CHOICES);
    await copySchema(prepared.options);
    await restoreConstraints(prepared.options);
    await at(prepared, sql);
    const { differences } = await compare(prepared);
    expect(
      differences
        .map(({ key }) => key.replace('shop.users.shop.users', 'shop.users').replace(/^comment shop\.users\.users/, 'comment shop.users'))
        .sort(),
    ).toEqual(expect.arrayContaining(objects));
  });

  it('keep their rights', async () => {
    const prepared = await prepare(
      [{ table: 'public.users', exclude: ['password'], renames: [{ from: 'mail', to: 'a' }] }],
      `CREATE TABLE public.users (id int PRIMARY KEY, mail text, password text, note text); GRANT SELECT (mail, password, note), UPDATE (note) ON public.users TO pg_monitor`,
    );
    await copySchema(prepared.options);
    await restoreConstraints(prepared.options);
    expect(prepared.findings).toEqual([]);
    expect(await compare(prepared)).toMatchObject({ differences: [], differenceCount: 0 });
    await at(prepared, 'REVOKE SELECT (a) ON public.users FROM pg_monitor');
    expect(await compare(prepared)).toMatchObject({ differences: [{ key: 'grants on column public.users.users.mail' }] });
  });

  it('are not left out under something that needs them', async () => {
    const { options } = await prepare(
      [{ table: 'public.a', exclude: ['b'], renames: [] }],
      'CREATE TABLE public.a (id int PRIMARY KEY, b int, c int GENERATED ALWAYS AS (b + 1) STORED)',
    );
    await expect(copySchema(options)).rejects.toMatchObject({ code: 'SCHEMA_COLUMN_IN_USE', retryable: false });
  });
});

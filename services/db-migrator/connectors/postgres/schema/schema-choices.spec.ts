import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeIf, freshDatabase, startPostgres, whyNoClientTools } from '@smartant/test-servers';
import type { TableName } from '../catalog/catalog';
import { restoreConstraints } from '../constraints/restore-constraints';
import { prepareSchemaCopy, type PreparedCopy } from '../fixtures/schema-copy';
import { openTestEndpoint } from '../fixtures/test-endpoint';
import { compareSchemas } from './compare-schemas';
import { copySchema } from './copy-schema';
import type { SchemaScope } from './schema-scope';

const never = new AbortController().signal;

async function withDatabase<T>(url: string, sql: string): Promise<T> {
  const session = await openTestEndpoint(url).open({ applicationName: 'test', signal: never });
  try {
    return (await session.query(sql)) as T;
  } finally {
    await session.close();
  }
}

async function prepare(
  sql: string,
  change: Partial<SchemaScope> & { targetName?: (name: TableName) => TableName } = {},
  atTarget = 'SELECT 1',
): Promise<PreparedCopy & { target: string }> {
  const [source, target] = [await freshDatabase(), await freshDatabase()];
  await withDatabase(target, atTarget);
  return { ...(await prepareSchemaCopy({ source, target }, (session) => session.query(sql), change)), target };
}

async function compare({ options }: PreparedCopy) {
  const [source, target] = await Promise.all(
    [options.source, options.target].map((end) => end.open({ applicationName: 'test', signal: never })),
  );
  const comparison = await compareSchemas({ ...options, source: source!, target: target!, limit: 10 });
  await Promise.all([source!.close(), target!.close()]);
  return comparison;
}

const SHOP = `
  CREATE SCHEMA shop; CREATE SCHEMA other;
  CREATE TYPE shop.state AS ENUM ('new', 'paid');
  CREATE FUNCTION shop.rate() RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT 7';
  CREATE TABLE shop.customer (id serial PRIMARY KEY, name text UNIQUE, state shop.state DEFAULT 'new');
  CREATE TABLE shop."order" (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, customer int REFERENCES shop.customer, amount int CHECK (amount > shop.rate()), twin bigint REFERENCES shop."order");
  CREATE TABLE other.log (id int PRIMARY KEY, customer int REFERENCES shop.customer);
  CREATE INDEX order_amount ON shop."order" ((amount * shop.rate())) WHERE shop."order".amount > 0;
  CREATE VIEW shop.open AS SELECT "order".id, customer.name FROM shop."order" JOIN shop.customer ON customer.id = "order".customer WHERE customer.state = 'new';
  CREATE VIEW other.names AS SELECT name FROM shop.customer;
  CREATE FUNCTION shop.count_open() RETURNS bigint LANGUAGE plpgsql SET search_path = shop AS $$BEGIN RETURN (SELECT count(*) FROM shop.customer); END$$;
  CREATE FUNCTION shop.touch() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RETURN NEW; END$$;
  CREATE TRIGGER touch BEFORE UPDATE ON shop.customer FOR EACH ROW WHEN (old.state = 'paid'::shop.state) EXECUTE FUNCTION shop.touch();
  ALTER TABLE shop."order" ENABLE ROW LEVEL SECURITY;
  CREATE POLICY own ON shop."order" USING (EXISTS (SELECT FROM shop.customer WHERE customer.id = "order".customer));
  COMMENT ON TABLE shop.customer IS 'shop.customer stays as it is in here';
  COMMENT ON COLUMN shop."order".amount IS 'in cents';
  CREATE STATISTICS shop.both ON customer, amount FROM shop."order"`;

describeIf(whyNoClientTools(18), 'renames', () => {
  it('of schemas and tables reach everything but the text of functions, which is told', async () => {
    const targetName = ({ schema, table }: TableName) => ({
      schema: schema === 'shop' ? 'Läden' : schema,
      table: schema === 'shop' && table === 'order' ? 'customer' : schema === 'shop' && table === 'customer' ? 'the "clients"' : table,
    });
    const prepared = await prepare(SHOP, { targetName });
    await copySchema(prepared.options);
    await restoreConstraints(prepared.options);
    expect(prepared.findings.map(({ code, message }) => [code, message.split(',')[0]])).toEqual([
      ['SCHEMA_FUNCTION_NAMES_RENAMED', 'The text of function shop.count_open() has the word "shop"'],
    ]);
    expect(await compare(prepared)).toMatchObject({ differences: [], differenceCount: 0 });
    const rows = await withDatabase<{ d: string }[]>(
      prepared.target,
      `SELECT conrelid::regclass || ' ' || conname || ' ' || confrelid::regclass AS d FROM pg_constraint WHERE contype = 'f' ORDER BY 1`,
    );
    expect(rows.map(({ d }) => d)).toEqual([
      '"Läden".customer order_customer_fkey "Läden"."the ""clients"""',
      '"Läden".customer order_twin_fkey "Läden".customer',
      'other.log log_customer_fkey "Läden"."the ""clients"""',
    ]);
    const [settings] = await withDatabase<{ c: string }[]>(
      prepared.target,
      `SELECT proconfig::text AS c FROM pg_proc WHERE proname = 'count_open'`,
    );
    expect(settings?.c).toContain('Läden');
  });

  it('are refused where a name may mean two things, or is too long', async () => {
    const ambiguous = await prepare(`CREATE SCHEMA t; CREATE TABLE t.a (id int); CREATE VIEW t.v AS SELECT t.id FROM t.a AS t`, {
      targetName: ({ table }) => ({ schema: 'u', table }),
    });
    await copySchema(ambiguous.options);
    expect(ambiguous.findings).toMatchObject([
      { severity: 'warning', code: 'SCHEMA_OBJECT_REFUSED', message: expect.stringContaining('"t" is a schema and also') },
    ]);
    const long = await prepare(`CREATE TABLE public.a (id int)`, { targetName: ({ schema }) => ({ schema, table: 'ä'.repeat(32) }) });
    await expect(copySchema(long.options)).rejects.toMatchObject({ code: 'SCHEMA_NAME_TOO_LONG' });
  });

  it('never take a table of the target for one that was made', async () => {
    const taken = await prepare(
      `CREATE TABLE public.a (id int)`,
      { targetName: ({ schema }) => ({ schema, table: 'b' }), targetPolicy: 'append' },
      'CREATE TABLE public.a (mine text)',
    );
    await expect(copySchema(taken.options)).rejects.toMatchObject({ code: 'SCHEMA_OBJECT_REFUSED' });
    expect(await withDatabase(taken.target, `SELECT to_regclass('public.a') AS a, to_regclass('public.b') AS b`)).toEqual([
      { a: 'public.a', b: null },
    ]);
  });
});

describeIf(whyNoClientTools(18), 'a scope', () => {
  it('leaves out what it does not name, with what depends on it, and says so', async () => {
    const prepared = await prepare(SHOP, { excludeTables: ['shop.customer'] });
    const scope = { ...prepared.options.scope, tables: prepared.options.scope.tables.filter(({ table }) => table !== 'customer') };
    const options = { ...prepared.options, scope };
    await copySchema(options);
    await restoreConstraints(options);
    const told = prepared.findings.map(({ code, message }) => `${code} ${message}`).sort();
    expect(told).toEqual([
      expect.stringContaining('SCHEMA_OBJECT_LEFT_OUT The fk constraint other.log log_customer_fkey'),
      expect.stringContaining('SCHEMA_OBJECT_LEFT_OUT The fk constraint shop.order order_customer_fkey'),
      expect.stringContaining('SCHEMA_OBJECT_LEFT_OUT The policy shop.order own'),
      expect.stringContaining('SCHEMA_OBJECT_LEFT_OUT The view other.names'),
      expect.stringContaining('SCHEMA_OBJECT_LEFT_OUT The view shop.open'),
    ]);
    const relations = await withDatabase<{ r: string }[]>(
      prepared.target,
      `SELECT c.oid::regclass AS r FROM pg_class c WHERE relnamespace IN ('shop'::regnamespace, 'other'::regnamespace) AND relkind IN ('r', 'v', 'S') ORDER BY 1`,
    );
    expect(relations.map(({ r }) => r).sort()).toEqual(['other.log', 'shop."order"', 'shop.order_id_seq']);
  });
});

describeIf(whyNoClientTools(18), 'the policy for the target', () => {
  it('refuse: raises before anything is made', async () => {
    const prepared = await prepare(SHOP, {}, 'CREATE SCHEMA other; CREATE TABLE other.log (id int)');
    await expect(copySchema(prepared.options)).rejects.toMatchObject({ code: 'SCHEMA_TABLES_EXIST' });
    expect(await withDatabase(prepared.target, `SELECT to_regnamespace('shop') AS shop`)).toEqual([{ shop: null }]);
  });

  it('append: keeps what is there, if rows fit', async () => {
    const fits = await prepare(
      SHOP,
      { targetPolicy: 'append' },
      'CREATE SCHEMA other; CREATE TABLE other.log (id int, customer int, more text)',
    );
    expect(await copySchema(fits.options)).toMatchObject({ kept: 1, refused: 0 });
    const differs = await prepare(SHOP, { targetPolicy: 'append' }, 'CREATE SCHEMA other; CREATE TABLE other.log (id int, customer text)');
    await expect(copySchema(differs.options)).rejects.toMatchObject({ code: 'SCHEMA_OBJECT_REFUSED' });
    expect(differs.findings).toMatchObject([
      { code: 'SCHEMA_TABLE_DIFFERS', message: expect.stringContaining('customer is text, not integer') },
    ]);
  });

  it('replace: drops what is there, but nothing when somebody else needs it', async () => {
    const existing = 'CREATE SCHEMA other; CREATE TABLE other.log (x text); CREATE TABLE public.mine (id int)';
    const prepared = await prepare(SHOP, { targetPolicy: 'replace' }, existing);
    await copySchema(prepared.options);
    await restoreConstraints(prepared.options);
    expect(prepared.findings).toEqual([]);
    expect(await compare(prepared)).toMatchObject({ differenceCount: 0 });
    expect(await withDatabase(prepared.target, `SELECT to_regclass('public.mine') AS mine`)).toEqual([{ mine: 'public.mine' }]);
    const used = await prepare(SHOP, { targetPolicy: 'replace' }, `${existing}; CREATE VIEW public.on_it AS SELECT * FROM other.log`);
    await expect(copySchema(used.options)).rejects.toMatchObject({ code: 'SCHEMA_OBJECT_IN_USE' });
    expect(await withDatabase(used.target, `SELECT to_regclass('other.log') AS log`)).toEqual([{ log: 'other.log' }]);
  });
});

describeIf(whyNoClientTools(18), 'a source with', () => {
  it('triggers that always fire, and credentials of its own: both are told', async () => {
    const prepared = await prepare(`
      CREATE TABLE public.t (id int);
      CREATE FUNCTION public.f() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RETURN NEW; END$$;
      CREATE TRIGGER always AFTER INSERT ON public.t FOR EACH ROW EXECUTE FUNCTION public.f();
      ALTER TABLE public.t ENABLE ALWAYS TRIGGER always;
      CREATE EXTENSION postgres_fdw WITH SCHEMA public;
      CREATE SERVER far FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '127.0.0.1');
      CREATE USER MAPPING FOR postgres SERVER far OPTIONS (user 'u', password 'canary-4711');
      CREATE FOREIGN TABLE public.there (id int) SERVER far`);
    await copySchema(prepared.options);
    await restoreConstraints(prepared.options);
    expect(prepared.findings.map(({ code }) => code)).toEqual(['SCHEMA_TRIGGER_ALWAYS_FIRES', 'SCHEMA_OBJECT_LEFT_OUT']);
    expect(await withDatabase(prepared.target, `SELECT FROM smartant.schema_entry e WHERE e::text LIKE '%canary%'`)).toEqual([]);
    expect(await compare(prepared)).toMatchObject({ differenceCount: 0 });
  });
});

describeIf(whyNoClientTools(18), 'what a target does not have or allow', () => {
  it('is told: an extension', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'smartant-extension-'));
    chmodSync(folder, 0o755);
    mkdirSync(join(folder, 'extension'));
    writeFileSync(join(folder, 'extension', 'only_here.control'), `default_version = '1'\n`);
    writeFileSync(join(folder, 'extension', 'only_here--1.sql'), 'CREATE FUNCTION one() RETURNS int LANGUAGE sql AS $$SELECT 1$$;\n');
    const server = await startPostgres({ settings: { extension_control_path: `$system:${folder}` } });
    try {
      const urls = { source: await server.createDatabase('source'), target: await freshDatabase() };
      const { options, findings } = await prepareSchemaCopy(urls, (session) =>
        session.query('CREATE EXTENSION only_here WITH SCHEMA public; CREATE TABLE public.t (id int)'),
      );
      await expect(copySchema(options)).rejects.toMatchObject({ code: 'SCHEMA_OBJECT_REFUSED' });
      expect(findings).toMatchObject([
        { severity: 'blocker', code: 'SCHEMA_EXTENSION_MISSING', message: expect.stringContaining('only_here') },
      ]);
    } finally {
      await server.stop();
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it('is told: rows that break a foreign key or a key', async () => {
    const prepared = await prepare(
      'CREATE TABLE public.a (id int PRIMARY KEY); CREATE TABLE public.b (a int REFERENCES public.a, c int UNIQUE)',
    );
    await copySchema(prepared.options);
    await withDatabase(prepared.target, 'INSERT INTO public.b VALUES (1, 1)');
    await restoreConstraints(prepared.options);
    expect(prepared.findings).toMatchObject([{ severity: 'warning', code: 'SCHEMA_CONSTRAINT_NOT_VALID' }]);
    const doubled = await prepare('CREATE TABLE public.b (c int UNIQUE)');
    await copySchema(doubled.options);
    await withDatabase(doubled.target, 'INSERT INTO public.b VALUES (1), (1)');
    await expect(restoreConstraints(doubled.options)).rejects.toMatchObject({ code: 'SCHEMA_OBJECT_REFUSED' });
    expect(doubled.findings).toMatchObject([
      { severity: 'blocker', code: 'SCHEMA_OBJECT_REFUSED', message: expect.stringContaining('b_c_key') },
    ]);
    await withDatabase(doubled.target, 'TRUNCATE public.b');
    expect(await restoreConstraints(doubled.options)).toEqual({ indexes: 1, refused: 0 });
  });

  it('is little for a user who owns the target and is no superuser', async () => {
    const [source, target] = [await freshDatabase(), await freshDatabase()];
    const name = new URL(target).pathname.slice(1);
    await withDatabase(
      target,
      `DO $$ BEGIN CREATE ROLE plain LOGIN PASSWORD 'plain'; EXCEPTION WHEN duplicate_object THEN NULL; END $$; ALTER DATABASE "${name}" OWNER TO plain`,
    );
    const url = new URL(target);
    [url.username, url.password] = ['plain', 'plain'];
    const prepared = await prepareSchemaCopy({ source, target: url.toString() }, (session) => session.query(SHOP), { roles: false });
    await copySchema(prepared.options);
    await restoreConstraints(prepared.options);
    expect(prepared.findings).toEqual([]);
    expect(await compare(prepared)).toMatchObject({ differenceCount: 0 });
  });
});

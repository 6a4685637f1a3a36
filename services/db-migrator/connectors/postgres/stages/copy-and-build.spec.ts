import { setTimeout as delay } from 'node:timers/promises';
import { describeIf, whyNoClientTools } from '@smartant/test-servers';
import { stageRig, type StageRig, type StageRigOptions } from '../fixtures/stage-rig';

/** The big one is copied first. */
const SHOP = `CREATE TABLE public.customer (id int PRIMARY KEY, name text); INSERT INTO public.customer SELECT n, 'customer ' || n FROM generate_series(1, 10) n;
  CREATE TABLE public.purchase (id int PRIMARY KEY, customer int NOT NULL REFERENCES public.customer, note text);
  INSERT INTO public.purchase SELECT n, 1 + n % 10, repeat('x', 100) FROM generate_series(1, 2000) n;
  CREATE INDEX purchase_customer ON public.purchase (customer); COMMENT ON INDEX public.purchase_customer IS 'who'; ANALYZE`;

describeIf(whyNoClientTools(), 'the copy of a PostgreSQL database and the building of its indexes', () => {
  let rig: StageRig;

  afterEach(async () => {
    await rig?.close();
  });

  async function made(options: Partial<StageRigOptions> = {}): Promise<void> {
    rig = await stageRig({ schema: SHOP, ...options });
    await rig.stage('schema');
  }

  const indexes = async (table: string) =>
    (
      await rig.rows('target', `SELECT indexrelid::regclass::text AS name FROM pg_index WHERE indrelid = '${table}'::regclass ORDER BY 1`)
    ).map(({ name }) => name);
  const everyIndex = ['purchase_customer', 'purchase_pkey'];

  /** Copies until the second table begins, then stops; `before`: while the first is there and the second waits. */
  async function copyOnlyFirst(before: () => Promise<unknown> = async () => undefined): Promise<void> {
    const stopping = new AbortController();
    let begun = 0;
    rig.hooks.admit = async () => {
      begun += 1;
      if (begun !== 2) return;
      await before();
      stopping.abort();
    };
    await expect(rig.stage('copy', stopping.signal)).rejects.toMatchObject({ code: 'CANCELLED' });
    rig.hooks.admit = undefined;
  }

  const allBuilt = async () => {
    while ((await rig.rows('target', `SELECT FROM smartant.analyzed_table WHERE "table" = 'purchase'`)).length === 0) await delay(10);
  };

  it('builds the indexes of a table while others are copied, and tells so once', async () => {
    await made({ scope: { tableJobs: 1 } });
    let whileCopying: unknown;
    await copyOnlyFirst(async () => {
      await allBuilt();
      whileCopying = await indexes('purchase');
    });
    expect(whileCopying).toEqual(everyIndex);
    expect(rig.counted.builtIndexes).toBe(2);
    rig.counted.builtIndexes = 0;
    await rig.stage('copy');
    // What stands is told again, and the other table's key is new.
    expect(rig.counted.builtIndexes).toBe(3);
    await rig.stage('constraints');
    expect(rig.counted.builtIndexes).toBe(3);
    const [statistics] = await rig.rows('target', `SELECT reltuples FROM pg_class WHERE relname = 'purchase'`);
    expect(statistics).toEqual({ reltuples: '2000' });
    expect(await rig.stage('cutover')).toMatchObject({ verification: { equal: true }, openedAt: expect.any(String) });
  });

  it('copies a table under another snapshot without its indexes, and builds them again', async () => {
    await made({ scope: { tableJobs: 1, mode: 'snapshot', reverse: false } });
    await copyOnlyFirst(allBuilt);
    expect(await indexes('purchase')).toEqual(everyIndex);
    await rig.rows(
      'source',
      `DELETE FROM purchase WHERE id > 1500; DELETE FROM purchase WHERE customer = 3; DELETE FROM customer WHERE id = 3`,
    );
    const whileCopying: unknown[] = [];
    rig.hooks.admit = async () => void whileCopying.push(await indexes('purchase'));
    rig.counted.builtIndexes = 0;
    await rig.stage('copy');
    expect(whileCopying[0]).toEqual([]);
    expect(rig.counted.builtIndexes).toBe(3);
    await rig.stage('constraints');
    expect(await indexes('purchase')).toEqual(everyIndex);
    expect(await rig.stage('cutover')).toMatchObject({ verification: { equal: true }, openedAt: expect.any(String) });
  });

  it('keeps indexes that something was made upon, and copies rows into them', async () => {
    await made({ scope: { mode: 'snapshot', reverse: false } });
    await rig.stage('copy');
    await rig.stage('constraints');
    // As if the stage had died at its very end.
    await rig.rows('target', `UPDATE smartant.schema_copy SET step = 'restored'`);
    await rig.rows('source', `DELETE FROM purchase WHERE id > 1500`);
    await rig.stage('copy');
    await rig.stage('constraints');
    const [comment] = await rig.rows('target', `SELECT obj_description('purchase_customer'::regclass) AS text`);
    expect(comment).toEqual({ text: 'who' });
    expect(await rig.stage('cutover')).toMatchObject({ verification: { equal: true }, openedAt: expect.any(String) });
  });

  it('waits with an index that may depend on rows of others', async () => {
    const lookup = `CREATE TABLE public.rate (code text PRIMARY KEY, value int); INSERT INTO public.rate VALUES ('a', 1), ('b', 2);
      CREATE FUNCTION public.rate_of(text) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT value FROM public.rate WHERE code = $1';
      CREATE TABLE public.price (id int PRIMARY KEY, code text, filler text);
      INSERT INTO public.price SELECT n, CASE n % 2 WHEN 0 THEN 'a' ELSE 'b' END, repeat('x', 100) FROM generate_series(1, 1000) n;
      CREATE INDEX price_rate ON public.price (public.rate_of(code)); ANALYZE`;
    await made({ schema: lookup, scope: { tableJobs: 1 } });
    await rig.stage('copy');
    expect(await indexes('price')).toEqual(['price_pkey']);
    await rig.stage('constraints');
    const [found] = await rig.rows('target', 'SET enable_seqscan = off; SELECT count(*) AS n FROM price WHERE rate_of(code) = 2');
    expect(found).toEqual({ n: '500' });
  });

  it('goes on with the copy when nothing can be built beside it', async () => {
    await made();
    rig.hooks.open = (side, name) => {
      if (side === 'source' && name.startsWith('smartant indexes')) return;
      if (side === 'target' && name.startsWith('smartant schema') && (opened += 1) > 1) throw new Error('No more connections.');
    };
    let opened = 0;
    await rig.stage('copy');
    rig.hooks.open = undefined;
    expect(await indexes('purchase')).toEqual([]);
    await rig.stage('constraints');
    expect(await indexes('purchase')).toEqual(everyIndex);
  });

  it('validates at the cutover a foreign key that rows of two snapshots broke', async () => {
    await made({ scope: { tableJobs: 1 } });
    await copyOnlyFirst();
    await rig.rows('source', `DELETE FROM purchase WHERE customer = 3; DELETE FROM customer WHERE id = 3`);
    await rig.stage('copy');
    const { findings } = await rig.stage('constraints');
    expect(findings).toMatchObject([{ code: 'SCHEMA_CONSTRAINT_NOT_VALID', severity: 'warning' }]);
    const cut = await rig.stage('cutover');
    expect(cut).toMatchObject({ verification: { equal: true, differences: [] }, openedAt: expect.any(String) });
    const [key] = await rig.rows('target', `SELECT convalidated FROM pg_constraint WHERE contype = 'f'`);
    expect(key).toEqual({ convalidated: 't' });
  });
});

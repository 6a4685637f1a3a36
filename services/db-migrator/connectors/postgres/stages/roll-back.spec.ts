import { describeIf, whyNoClientTools } from '@smartant/test-servers';
import { stageRig, type StageRig } from '../fixtures/stage-rig';

const SHOP = `CREATE TABLE public.item (id int PRIMARY KEY, name text); INSERT INTO public.item SELECT n, 'item ' || n FROM generate_series(1, 50) n;
  CREATE TABLE public.note (id bigserial PRIMARY KEY, body text); INSERT INTO public.note (body) SELECT 'note ' || n FROM generate_series(1, 20) n`;

describeIf(whyNoClientTools(), 'a rollback', () => {
  let rig: StageRig;

  beforeEach(async () => {
    rig = await stageRig({ schema: SHOP });
    for (const stage of ['schema', 'copy', 'constraints', 'cutover'] as const) await rig.stage(stage);
    rig.counted.verifiedRows = 0;
  });
  afterEach(async () => {
    await rig?.close();
  });

  it('proves that everything came back', async () => {
    await rig.rows(
      'target',
      `INSERT INTO item VALUES (51, 'new'); UPDATE note SET body = 'changed' WHERE id = 3; CREATE INDEX of_the_target ON item (name)`,
    );
    const { verification } = await rig.stage('roll-back');
    expect(verification).toMatchObject({
      equal: true,
      direction: 'back',
      sourceRows: 71,
      targetRows: 71,
      frozenPosition: expect.any(String),
    });
    expect(verification?.seed).toMatch(/^-?\d+$/);
    expect(verification?.digests.map(({ name, sourceRows }) => [name, sourceRows])).toEqual([
      ['public.item', 51],
      ['public.note', 20],
    ]);
    // All before the freeze.
    expect(rig.counted.verifiedRows).toBeGreaterThanOrEqual(70);
    expect(await rig.isFrozen('source')).toBe(false);
  });

  it('does not open a source that differs, unless somebody waives the table', async () => {
    await rig.rows('source', `SET default_transaction_read_only = off; UPDATE item SET name = 'meddled' WHERE id = 7`);
    await expect(rig.stage('roll-back')).rejects.toMatchObject({ code: 'DATABASE_ROLLBACK_DIFFERENT', retryable: false });
    expect(rig.quarantined).toMatchObject([{ unit: 'public.item' }]);
    expect([await rig.isFrozen('source'), await rig.isFrozen('target')]).toEqual([true, false]);
    rig.failures.set('public.item', 'waived');
    expect(await rig.stage('roll-back')).toMatchObject({ verification: { equal: true, waivedCount: 1, tables: 1 } });
    expect(await rig.isFrozen('source')).toBe(false);
  });
});

const TASKS = `CREATE TABLE public.task (id int PRIMARY KEY, state text NOT NULL DEFAULT 'open', title text); ALTER TABLE public.task REPLICA IDENTITY FULL;
  INSERT INTO public.task SELECT n, CASE WHEN n % 10 = 0 THEN 'closed' ELSE 'open' END, 'task ' || n FROM generate_series(1, 50) n`;

describeIf(whyNoClientTools(), 'a rollback of rows that were chosen', () => {
  let rig: StageRig;
  afterEach(async () => {
    await rig?.close();
  });

  it.each([
    ['the same rows of both ends', {}],
    ['them in the freeze', { verify: 'frozen' }],
  ] as const)('compares %s, though applications wrote others at the target', async (_name, scope) => {
    const columns = [{ table: 'public.task', exclude: [], renames: [{ from: 'state', to: 'status' }] }];
    const rows = [{ table: 'public.task', where: `task.state <> 'closed'` }];
    rig = await stageRig({ schema: TASKS, scope: { rows, columns, ...scope } });
    for (const stage of ['schema', 'copy', 'constraints', 'cutover'] as const) await rig.stage(stage);
    expect(await rig.rows('target', 'SELECT count(*) AS n FROM task')).toEqual([{ n: '45' }]);
    await rig.rows(
      'target',
      `UPDATE task SET status = 'closed' WHERE id = 3; INSERT INTO task VALUES (100, 'closed', 'new'), (101, 'open', 'new')`,
    );
    const { verification, findings } = await rig.stage('roll-back');
    expect(verification).toMatchObject({ equal: true, sourceRows: 45, targetRows: 45 });
    const message =
      '2 rows of public.task were written at the target for which the condition does not hold. They came back as well, and are the same at the source.';
    expect(findings).toContainEqual(expect.objectContaining({ severity: 'note', code: 'DATABASE_ROWS_BESIDE', message }));
    expect(await rig.rows('source', `SELECT id, state, title FROM task WHERE id IN (3, 10, 100) ORDER BY id`)).toEqual([
      { id: '3', state: 'closed', title: 'task 3' },
      { id: '10', state: 'closed', title: 'task 10' },
      { id: '100', state: 'closed', title: 'new' },
    ]);
    expect(rig.quarantined).toEqual([]);
  });

  it('does not open a source that has another row beside the condition than the target', async () => {
    rig = await stageRig({ schema: TASKS, scope: { rows: [{ table: 'public.task', where: `state <> 'closed'` }] } });
    for (const stage of ['schema', 'copy', 'constraints', 'cutover'] as const) await rig.stage(stage);
    await rig.rows(
      'source',
      `SET default_transaction_read_only = off; CREATE FUNCTION public.meddle() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.title := 'meddled'; RETURN NEW; END $$;
       CREATE TRIGGER meddle BEFORE INSERT ON public.task FOR EACH ROW WHEN (NEW.state = 'closed') EXECUTE FUNCTION public.meddle(); ALTER TABLE public.task ENABLE ALWAYS TRIGGER meddle`,
    );
    await rig.rows('target', `INSERT INTO task VALUES (100, 'closed', 'new'), (101, 'open', 'new')`);
    await expect(rig.stage('roll-back')).rejects.toMatchObject({ code: 'DATABASE_ROLLBACK_DIFFERENT', details: { tables: 'public.task' } });
    expect(rig.quarantined).toMatchObject([{ unit: 'public.task', message: expect.stringContaining('first: ["100"]') }]);
    expect([await rig.isFrozen('source'), await rig.isFrozen('target')]).toEqual([true, false]);
  });

  it.each([
    ['rows without a key', TASKS.replace(' PRIMARY KEY', ''), {}],
    ['rows where only their numbers are', TASKS, { verify: 'counts' }],
  ] as const)('says that %s beside the condition were not compared', async (_name, schema, scope) => {
    rig = await stageRig({ schema, scope: { rows: [{ table: 'public.task', where: `state <> 'closed'` }], ...scope } });
    for (const stage of ['schema', 'copy', 'constraints', 'cutover'] as const) await rig.stage(stage);
    await rig.rows('target', `INSERT INTO task VALUES (100, 'closed', 'new')`);
    const { findings } = await rig.stage('roll-back');
    expect(findings).toContainEqual(
      expect.objectContaining({
        severity: 'warning',
        code: 'DATABASE_ROWS_BESIDE',
        message: expect.stringMatching(/^1 rows .* not compared\.$/),
      }),
    );
  });

  it('compares all rows of a target that cannot judge the condition', async () => {
    const columns = [{ table: 'public.task', exclude: ['state'], renames: [] }];
    rig = await stageRig({ schema: TASKS, scope: { rows: [{ table: 'public.task', where: `state <> 'closed'` }], columns } });
    for (const stage of ['schema', 'copy', 'constraints', 'cutover'] as const) await rig.stage(stage);
    await rig.rows('target', `UPDATE task SET title = 'changed' WHERE id = 3; INSERT INTO task VALUES (100, 'new')`);
    expect(await rig.stage('roll-back')).toMatchObject({ verification: { equal: true, sourceRows: 46, targetRows: 46 } });
    expect(await rig.rows('source', `SELECT count(*) AS n FROM task WHERE state = 'closed'`)).toEqual([{ n: '5' }]);
  });
});

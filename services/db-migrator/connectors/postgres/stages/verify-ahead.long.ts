import { describeIf, whyNoClientTools } from '@smartant/test-servers';
import { stageRig, type StageRig, type StageRigOptions } from '../fixtures/stage-rig';

const SHOP = `CREATE TABLE public.item (id int PRIMARY KEY, name text); INSERT INTO public.item SELECT n, 'item ' || n FROM generate_series(1, 50) n;
  CREATE TABLE public.note (id bigserial PRIMARY KEY, body text); INSERT INTO public.note (body) SELECT 'note ' || n FROM generate_series(1, 20) n`;

describeIf(whyNoClientTools(), 'what a cutover verifies before the freeze', () => {
  let rig: StageRig;

  afterEach(async () => {
    await rig?.close();
  });

  async function copied(options: Partial<StageRigOptions> = {}): Promise<void> {
    rig = await stageRig({ schema: SHOP, ...options });
    for (const stage of ['schema', 'copy', 'constraints'] as const) await rig.stage(stage);
  }

  const codes = (result: { findings?: { code: string }[] }) => (result.findings ?? []).map(({ code }) => code);
  /** Once, when the engine is about to freeze the source. */
  const beforeFreeze = (work: () => Promise<unknown>) => {
    let isDone = false;
    rig.hooks.open = async (side, name) => {
      if (isDone || side !== 'source' || !name.startsWith('smartant freeze')) return;
      isDone = true;
      await work();
    };
  };

  it('leaves only what changed since for the freeze', async () => {
    await copied();
    beforeFreeze(() => rig.rows('source', `UPDATE item SET name = 'late' WHERE id = 3; INSERT INTO note (body) VALUES ('late')`));
    const cut = await rig.stage('cutover');
    expect(cut).toMatchObject({ verification: { equal: true, tables: 2, sourceRows: 71, targetRows: 71 }, openedAt: expect.any(String) });
    expect(codes(cut)).not.toContain('DATABASE_VERIFIED_IN_FREEZE');
    // 70 rows ahead, and none as a whole in the freeze.
    expect(rig.counted.verifiedRows).toBe(70);
    expect(await rig.rows('target', `SELECT FROM pg_publication WHERE pubname LIKE '%ahead%'`)).toEqual([]);
    expect(await rig.slots('source')).toEqual([]);
  });

  it.each([
    [`UPDATE note SET body = 'forged' WHERE id = 5`, 'content', 'public.note ["5"]'],
    ['DELETE FROM item WHERE id = 9', 'missing-at-target', 'public.item ["9"]'],
    [`INSERT INTO item VALUES (99, 'more')`, 'extra-at-target', 'public.item ["99"]'],
  ])('sees what somebody else does to the target after it: %s', async (sql, kind, key) => {
    await copied();
    beforeFreeze(() => rig.rows('target', sql));
    const cut = await rig.stage('cutover');
    expect(cut.verification).toMatchObject({ equal: false, differences: [{ kind, key }] });
    expect(cut.openedAt).toBeUndefined();
  });

  it('freezes nothing for a difference that it finds', async () => {
    await copied();
    await rig.rows('target', `UPDATE note SET body = 'forged' WHERE id = 5`);
    const cut = await rig.stage('cutover');
    expect(cut.verification).toMatchObject({
      equal: false,
      differenceCount: 1,
      differences: [{ kind: 'content', key: 'public.note ["5"]' }],
    });
    expect([cut.frozenAt, cut.openedAt]).toEqual([undefined, undefined]);
    expect(codes(cut)).toContain('DATABASE_DIFFERENT_AHEAD');
    expect(await rig.isFrozen('source')).toBe(false);
    await rig.stage('reopen');
    await rig.rows('target', `UPDATE note SET body = 'note 5' WHERE id = 5`);
    expect(await rig.stage('cutover')).toMatchObject({ verification: { equal: true }, openedAt: expect.any(String) });
  });

  it('compares everything in the freeze where a side cannot be followed, and says so', async () => {
    await copied();
    rig.hooks.open = (side, name) => {
      if (side === 'target' && name.startsWith('smartant slot') && name.includes('ahead')) throw new Error('no slot is free');
    };
    const cut = await rig.stage('cutover');
    expect(cut).toMatchObject({ verification: { equal: true, sourceRows: 70 }, openedAt: expect.any(String) });
    expect(codes(cut)).toContain('DATABASE_VERIFIED_IN_FREEZE');
  });

  it('brings large objects that were written since they were copied, and proves them', async () => {
    await copied({
      scope: { largeObjects: true },
      schema: `${SHOP}; SELECT lo_from_bytea(4711, 'first'), lo_from_bytea(4712, 'gone'), lo_from_bytea(4713, repeat('x', 700000)::bytea)`,
    });
    const before = await rig.rows(
      'source',
      `SELECT lo_put(4711, 0, 'other'), lo_unlink(4712), lo_from_bytea(4714, 'new'), lo_put(4713, 600000, 'y')`,
    );
    expect(before).toHaveLength(1);
    const cut = await rig.stage('cutover');
    expect(cut).toMatchObject({ verification: { equal: true }, openedAt: expect.any(String) });
    expect(cut.verification?.digests[0]).toMatchObject({ name: 'large objects', sourceRows: 3, targetRows: 3 });
    expect(
      await rig.rows('target', `SELECT oid, convert_from(lo_get(oid, 0, 5), 'UTF8') AS text FROM pg_largeobject_metadata ORDER BY oid`),
    ).toEqual([
      { oid: '4711', text: 'other' },
      { oid: '4713', text: 'xxxxx' },
      { oid: '4714', text: 'new' },
    ]);
    expect(await rig.rows('target', `SELECT lo_get(4713, 599999, 2) AS bytes`)).toEqual(
      await rig.rows('source', `SELECT lo_get(4713, 599999, 2) AS bytes`),
    );
  });
});

import { describeIf, whyNoClientTools } from '@smartant/test-servers';
import type { AskedCheck } from '../../../application/ports/database-engine';
import { stageRig, type StageRig } from '../fixtures/stage-rig';

const SHOP = `CREATE TABLE public.item (id int PRIMARY KEY, name text); INSERT INTO public.item SELECT n, 'item ' || n FROM generate_series(1, 50) n;
  CREATE TABLE public.note (id bigserial PRIMARY KEY, body text); INSERT INTO public.note (body) SELECT 'note ' || n FROM generate_series(1, 20) n;
  CREATE TABLE public.keyless (a int); INSERT INTO public.keyless VALUES (1)`;

describeIf(whyNoClientTools(), 'what is asked beside a stream', () => {
  let rig: StageRig;

  beforeEach(async () => {
    rig = await stageRig({ schema: SHOP });
    for (const stage of ['schema', 'copy', 'constraints'] as const) await rig.stage(stage);
  });
  afterEach(async () => {
    await rig?.close();
  });

  async function check(kind: AskedCheck['kind'], tables: string[] = []): Promise<StageRig['ended'][number]> {
    rig.asked.push({ id: `chk_${rig.ended.length}`, migrationId: rig.migrationId, kind, tables });
    const before = rig.ended.length;
    await rig.streaming('stream', async () => rig.ended.length > before);
    return rig.ended.at(-1)!;
  }

  const SPOIL = `UPDATE item SET name = 'spoilt' WHERE id = 3; DELETE FROM item WHERE id = 4; INSERT INTO item VALUES (99, 'more'); DELETE FROM note WHERE id = 2`;

  it('compares, and tells the rows that differ', async () => {
    expect((await check('verify')).result).toMatchObject({ tables: 3, sourceRows: 71, differenceCount: 0, undecided: [] });
    await rig.rows('target', SPOIL);
    const { result } = await check('verify', ['public.item']);
    expect(result).toMatchObject({ tables: 1, sourceRows: 50, differenceCount: 3, repairedRows: 0 });
    expect(result?.differences.map(({ kind, key }) => `${kind} ${key}`).sort()).toEqual([
      'content public.item ["3"]',
      'extra-at-target public.item ["99"]',
      'missing-at-target public.item ["4"]',
    ]);
  });

  it('repairs just those rows, and changes go on after it', async () => {
    await rig.rows('target', SPOIL);
    expect((await check('repair')).result).toMatchObject({ repairedRows: 4, differenceCount: 0 });
    expect(rig.counted.repairedRows).toBe(4);
    await rig.rows('source', `UPDATE item SET name = 'later' WHERE id IN (3, 4); INSERT INTO item VALUES (99, 'now')`);
    expect((await check('verify')).result).toMatchObject({ differenceCount: 0 });
    expect(await rig.rows('target', `SELECT name FROM item WHERE id IN (4, 99) ORDER BY id`)).toEqual([{ name: 'later' }, { name: 'now' }]);
    expect((await check('repair')).result).toMatchObject({ repairedRows: 0, differenceCount: 0 });
  });

  it('tells definitions that come to differ while changes flow, until they are the same again', async () => {
    const statement = `CREATE INDEX item_by_name ON item (name); ALTER TABLE item ALTER name SET DEFAULT 'new'`;
    await rig.rows('source', statement);
    await rig.streaming('stream', async () => rig.stood()?.definitionDifferenceCount === 2);
    expect(rig.stood()?.definitionDifferences).toEqual(
      expect.arrayContaining([
        expect.stringContaining('index public.item.item_by_name'),
        expect.stringContaining('column public.item.name'),
      ]),
    );
    const { result } = await check('verify');
    expect(result).toMatchObject({ differenceCount: 2, sourceRows: 71 });
    expect(result?.differences.map(({ kind }) => kind)).toEqual(['definition', 'definition']);
    // Who asks for one table, asks for its rows.
    expect((await check('verify', ['public.item'])).result).toMatchObject({ differenceCount: 0 });
    await rig.rows('target', statement);
    await rig.streaming('stream', async () => rig.stood()?.definitionDifferenceCount === 0);
  });

  it('says which table it does not know', async () => {
    expect(await check('verify', ['public.nothing'])).toMatchObject({ result: null, error: { code: 'DATABASE_TABLE_UNKNOWN' } });
  });

  it('foretells a cutover without doing any of it', async () => {
    const { result } = await check('preview');
    expect(result?.expectedDowntimeMs).toBeGreaterThan(0);
    expect(result?.steps).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^Run: ALTER DATABASE .* SET default_transaction_read_only = on/),
        expect.stringContaining('public.keyless'),
      ]),
    );
    expect(await rig.isFrozen('source')).toBe(false);
  });
});

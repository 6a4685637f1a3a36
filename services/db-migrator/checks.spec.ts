import { createStores } from './adapters/postgres/open-stores';
import { emptyResult } from './domain/check';
import { MigratorRig } from './testkit/migrator-rig';

let rig: MigratorRig;

beforeEach(async () => {
  rig = await MigratorRig.start();
});
afterEach(() => rig.stop());

it('takes checks beside a stream alone, once for each id, and tells the newest first', async () => {
  const migration = rig.migration();
  const { checks } = rig.process();
  const ask = (id: string) => checks.ask({ id, migrationId: migration.id, kind: 'verify', tables: ['public.t1'] });
  await expect(ask('chk_1')).rejects.toMatchObject({ code: 'DATABASE_CHECK_UNAVAILABLE' });
  await rig.database.query(`INSERT INTO database_check (id, migration_id, kind, tables) VALUES ('chk_0', $1, 'repair', '[]')`, [
    migration.id,
  ]);
  expect(await checks.list(migration.id)).toMatchObject([
    { id: 'chk_0', kind: 'repair', tables: [], state: 'asked', result: null, finishedAt: null },
  ]);
});

it('hands out one after another, again after its holder died, until each has ended', async () => {
  const { checks } = createStores();
  const { database } = rig;
  const asked = (id: string) => ({ id, migrationId: 'mig_1', kind: 'verify' as const, tables: ['public.t1'] });
  for (const id of ['chk_1', 'chk_2', 'chk_1']) await checks.ask(database, asked(id));
  expect(await checks.begin(database, 'mig_1')).toMatchObject({ ...asked('chk_1'), state: 'running' });
  expect(await checks.begin(database, 'mig_1')).toMatchObject({ id: 'chk_1' });
  await checks.end(database, 'chk_1', { result: { ...emptyResult(), differenceCount: 2 }, error: null });
  expect(await checks.begin(database, 'mig_1')).toMatchObject({ id: 'chk_2' });
  await checks.end(database, 'chk_2', { result: null, error: { code: 'X', message: 'm', hint: '', retryable: false } });
  await checks.end(database, 'chk_2', { result: emptyResult(), error: null });
  expect(await checks.begin(database, 'mig_1')).toBeNull();
  expect(await checks.list(database, 'mig_1', 10)).toMatchObject([
    { id: 'chk_2', state: 'failed', error: { code: 'X' }, finishedAt: expect.any(String) },
    { id: 'chk_1', state: 'done', result: { differenceCount: 2 } },
  ]);
});

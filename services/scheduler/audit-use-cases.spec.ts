import type { migratorV1 } from '@smartant/contracts';
import type { AuditEntry } from '@smartant/proof';
import type { Caller } from './application/use-cases';
import { CANARY, eventually, inState, migrationInput, operator, Rig, until } from './fixtures/scheduler-under-test';
import type { SchedulerCore } from './scheduler-core';

const admin: Caller = { ...operator, userId: 'usr_admin', role: 'admin' };

let rig: Rig;
let core: SchedulerCore;

beforeEach(async () => {
  rig = await Rig.open();
  core = await rig.started();
});
afterEach(() => rig.close());

async function entries(): Promise<AuditEntry[]> {
  // The replica seals by itself, too: while it does, nobody else can.
  await eventually(async () => {
    await core.audit.seal();
    return (await core.database.query('SELECT 1 FROM audit_pending LIMIT 1')).length === 0;
  });
  return (await core.useCases.audit.listAll(admin, {}, { pageSize: 200 })).items.reverse();
}
const create = async (cutover: Parameters<typeof migrationInput>[0], requestId?: string) =>
  (await core.useCases.migrations.create(operator, migrationInput(cutover), requestId)).id;

it('tells of all that is done to a migration, once, with where it stood', async () => {
  const { migrations } = core.useCases;
  const id = await create({ mode: 'manual', finalize: 'manual' }, 'r-1');
  await create({ mode: 'manual', finalize: 'manual' }, 'r-1');
  await until(core, id, inState('incremental', 'waiting'));
  await migrations.setLimits(operator, id, { concurrency: 3 });
  await expect(migrations.act(operator, id, 'rollback', {})).rejects.toMatchObject({ code: 'MIGRATION_ACTION_NOT_ALLOWED' });
  await migrations.act(operator, id, 'cutover', { sourceFrozen: true, requestId: 'r-2' });
  await migrations.act(operator, id, 'cutover', { sourceFrozen: true, requestId: 'r-2' });
  await until(core, id, inState('reversible', 'waiting'));
  await migrations.act(operator, id, 'finalize', {});
  await until(core, id, inState('done', 'succeeded'));
  await migrations.remove(operator, id);
  const found = await entries();
  expect(found).toMatchObject([
    {
      action: 'migration.create',
      before: null,
      after: { source: { location: { bucket: 'source' } }, storage: { filesFromCount: 0 }, cutover: { mode: 'manual' } },
    },
    { action: 'migration.set-limits', before: { concurrency: 0 }, after: { concurrency: 3 } },
    {
      action: 'migration.cutover',
      before: { phase: 'incremental', status: 'waiting' },
      after: { phase: expect.any(String), sourceFrozen: true },
    },
    { action: 'migration.finalize', before: { phase: 'reversible', status: 'waiting' } },
    { action: 'migration.remove', before: { phase: 'done', status: 'succeeded' } },
  ]);
  for (const entry of found) expect(entry).toMatchObject({ target: { kind: 'migration', id }, actor: { userId: operator.userId } });
  expect(JSON.stringify(found)).not.toContain(CANARY);
});

it('tells of waivers and of failures that are tried again, by their ids', async () => {
  const id = await create({ mode: 'manual' });
  await until(core, id, inState('incremental', 'waiting'));
  rig.migrator.failures = [failure('flr_1'), failure('flr_2')];
  const resolve = (resolution: 'waive' | 'retry', failureIds: string[], reason: string) =>
    core.useCases.migrations.resolveFailures(operator, id, { failureIds, resolution, reason });
  await resolve('waive', ['flr_1'], 'a log file');
  await resolve('retry', ['flr_2'], '');
  expect((await entries()).slice(1)).toMatchObject([
    { action: 'migration.waive-failures', after: { count: 1, failureIds: ['flr_1'], reason: 'a log file' } },
    { action: 'migration.retry-failures', after: { count: 1, failureIds: ['flr_2'] } },
  ]);
});

const failure = (id: string): migratorV1.Failure => ({
  id,
  runId: '',
  unit: `unit of ${id}`,
  code: 'X',
  message: 'm',
  attempts: 3,
  traceId: '',
  firstFailedAt: '',
  lastFailedAt: '',
  state: 'open',
});

it('tells of file roots and of limits of a workspace, and not of what changed nothing', async () => {
  const { fileRoots, limits } = core.useCases;
  await fileRoots.add(admin, { name: 'data', path: '/srv/data' });
  await fileRoots.add(admin, { name: 'data', path: '/srv/data' });
  await fileRoots.remove(admin, 'data');
  await expect(fileRoots.remove(admin, 'data')).rejects.toMatchObject({ code: 'FILE_ROOT_NOT_FOUND' });
  await limits.setOfWorkspace(admin, { concurrency: 9 });
  expect(await entries()).toMatchObject([
    { chain: 'platform', action: 'file-root.add', target: { name: 'data' }, before: null, after: { path: '/srv/data' } },
    { chain: 'platform', action: 'file-root.remove', before: { path: '/srv/data' }, after: null },
    { chain: admin.workspaceId, action: 'workspace.set-limits', before: { concurrency: 0 }, after: { concurrency: 9 } },
  ]);
});

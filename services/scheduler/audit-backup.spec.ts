import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { restoreBackup, writeBackup } from '@smartant/platform/backup';
import type { AuditStatement } from '@smartant/proof';
import { freshDatabase } from '@smartant/test-servers';
import { admin, linesOf, save, verify } from './fixtures/audit-export';
import { eventually, Rig } from './fixtures/scheduler-under-test';
import type { SchedulerCore } from './scheduler-core';

const passphrase = 'correct horse battery staple';

let rig: Rig;
let folder: string;

beforeAll(async () => {
  rig = await Rig.open();
  folder = mkdtempSync(join(tmpdir(), 'smartant-audit-backup-'));
});
afterAll(async () => {
  await rig.close();
  rmSync(folder, { recursive: true });
});

const all = (core: SchedulerCore) => linesOf(core.useCases.audit.exportAll(admin));

const actionsOf = async (core: SchedulerCore) => (await core.useCases.audit.listAll(admin, {}, {})).items.map(({ action }) => action);

it('brings the trail back with its statements and its guards, says that it was brought back, and forgets nothing secretly', async () => {
  const core = await rig.started();
  for (const name of ['one', 'two', 'three']) await save(core, name);
  // Again where the keeper's own round was under way: that one is not asked to begin anew.
  await eventually(async () => {
    await core.audit.seal();
    await core.audit.checkpoint();
    const [head] = await core.database.query('SELECT seq FROM audit_checkpoint WHERE chain = $1 AND seq = 3', [admin.workspaceId]);
    return head !== undefined;
  });
  await save(core, 'still-pending');
  const path = join(folder, 'platform.backup');
  await writeBackup({ databaseUrl: rig.databaseUrl, path, passphrase, passphraseCost: 4, version: '1.2.3' });
  await save(core, 'after-the-backup');
  await core.audit.seal();
  expect(await actionsOf(core)).not.toContain('platform.other-incarnation');
  const [head] = (await verify(core, await all(core))).chains.filter(({ chain }) => chain === admin.workspaceId);
  const kept: AuditStatement = {
    type: 'checkpoint',
    at: '',
    scope: null,
    heads: [{ chain: admin.workspaceId, seq: head!.lastSeq, hash: head!.hash }],
  };

  const databaseUrl = await freshDatabase();
  await restoreBackup({ databaseUrl, path, passphrase, replace: false });
  const restored = await rig.started({ databaseUrl, bus: { kind: 'embedded', databaseUrl } });
  await eventually(async () => {
    await restored.audit.seal();
    return (await actionsOf(restored)).includes('platform.other-incarnation');
  });
  expect((await actionsOf(restored)).filter((action) => action === 'endpoint.create')).toHaveLength(4);
  expect(await verify(restored, await all(restored))).toMatchObject({ whole: true, differences: [] });
  expect(await restored.database.query('SELECT seq FROM audit_checkpoint WHERE chain = $1', [admin.workspaceId])).toEqual([{ seq: '3' }]);
  await expect(restored.database.query('DELETE FROM audit_entry')).rejects.toMatchObject({
    message: expect.stringContaining('append-only'),
  });
  // What was done after the backup is gone, and whoever kept a checkpoint of it sees that.
  expect((await verify(restored, await all(restored), [kept])).differences).toMatchObject([
    { kind: 'cut-off', chain: admin.workspaceId, seq: 5 },
  ]);
});

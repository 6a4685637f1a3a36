import { exported, owner, save, verify } from './fixtures/audit-export';
import { Rig } from './fixtures/scheduler-under-test';
import type { SchedulerCore } from './scheduler-core';

let rig: Rig;
let core: SchedulerCore;

beforeEach(async () => {
  rig = await Rig.open();
  core = await rig.replica();
});
afterEach(() => rig.close());

describe('tampering', () => {
  beforeEach(async () => {
    for (let index = 0; index < 6; index += 1) await save(core, `endpoint-${index}`);
    await core.audit.seal();
    await core.audit.checkpoint();
  });

  const asSuperuser = async (sql: string) => {
    await core.database.query('ALTER TABLE audit_entry DISABLE TRIGGER USER');
    await core.database.query(sql);
    await core.database.query('ALTER TABLE audit_entry ENABLE TRIGGER USER');
  };

  it.each([
    'UPDATE audit_entry SET hash = hash WHERE seq = 2',
    'DELETE FROM audit_entry WHERE seq = 6',
    'TRUNCATE audit_entry',
    'DELETE FROM audit_checkpoint',
    'UPDATE audit_checkpoint SET seq = 7',
    'TRUNCATE audit_anchor, audit_checkpoint',
  ])("is refused to the service's own role: %s", async (sql) => {
    await expect(core.database.query(sql)).rejects.toMatchObject({ message: expect.stringContaining('append-only') });
    expect(await verify(core, await exported(core))).toMatchObject({ whole: true, entries: 6 });
  });

  it.each([
    ['changed', `UPDATE audit_entry SET body = replace(body::text, 'endpoint-3', 'endpoint-x')::json WHERE seq = 4`, 'changed'],
    ['left out', 'DELETE FROM audit_entry WHERE seq = 3', 'missing'],
    ['cut off', 'DELETE FROM audit_entry WHERE seq > 4', 'cut-off'],
    ['exchanged', 'UPDATE audit_entry SET hash = (SELECT hash FROM audit_entry WHERE seq = 2) WHERE seq = 5', 'changed'],
  ])('by somebody who switches the triggers off is found: %s', async (_name, sql, kind) => {
    await asSuperuser(sql);
    const verdict = await verify(core, await exported(core));
    expect(verdict).toMatchObject({ whole: false, differences: expect.arrayContaining([expect.objectContaining({ kind })]) });
  });

  it('since the last checkpoint gets no signature, and is a concern', async () => {
    await save(core, 'later');
    await core.audit.seal();
    await asSuperuser(`UPDATE audit_entry SET body = replace(body::text, 'later', 'never')::json WHERE seq = 7`);
    await core.audit.checkpoint();
    expect(core.audit.concerns()).toEqual([expect.stringContaining('was changed at entry 7')]);
    expect(await core.database.query('SELECT seq FROM audit_checkpoint')).toEqual([{ seq: '6' }]);
  });
});

it('removes what is too old behind a signed anchor, and nothing else', async () => {
  const keeping = await rig.replica({ auditRetentionDays: 30 });
  for (let index = 0; index < 6; index += 1) await save(core, `endpoint-${index}`);
  await core.database.query(
    "UPDATE audit_pending SET at = at - interval '40 days' WHERE id IN (SELECT id FROM audit_pending ORDER BY at LIMIT 4)",
  );
  await core.audit.seal();
  const before = await exported(core);
  await keeping.audit.prune();
  await keeping.audit.prune();
  await core.audit.seal();
  const seqs = await core.database.query<{ seq: string }>('SELECT seq FROM audit_entry WHERE chain = $1 ORDER BY seq', [owner.workspaceId]);
  expect(seqs.map(({ seq }) => Number(seq))).toEqual([5, 6, 7, 8]);
  expect((await core.useCases.audit.list(owner, { action: 'audit.prune' }, {})).items).toMatchObject([{ after: { removedUpTo: 4 } }]);
  await core.audit.checkpoint();
  const after = await exported(core);
  expect(await verify(core, after)).toMatchObject({ whole: true, entries: 4, chains: [{ firstSeq: 5, lastSeq: 8 }] });
  expect(await verify(core, before)).toMatchObject({ whole: true, entries: 6 });
  expect(
    await verify(
      core,
      after.filter((line) => !line.includes('"kind":"statement"') || line === after.at(-1)),
    ),
  ).toMatchObject({
    whole: false,
  });
  await expect(core.database.query('DELETE FROM audit_entry')).rejects.toMatchObject({ message: expect.stringContaining('append-only') });
});

it('removes nothing of a chain that was tampered with', async () => {
  const keeping = await rig.replica({ auditRetentionDays: 30 });
  for (let index = 0; index < 4; index += 1) await save(core, `endpoint-${index}`);
  await core.database.query("UPDATE audit_pending SET at = at - interval '40 days'");
  await core.audit.seal();
  await core.database.query('ALTER TABLE audit_entry DISABLE TRIGGER USER');
  await core.database.query(`UPDATE audit_entry SET body = replace(body::text, 'endpoint-1', 'endpoint-x')::json WHERE seq = 2`);
  await keeping.audit.prune();
  expect(await core.database.query('SELECT count(*)::int AS n FROM audit_entry')).toEqual([{ n: 4 }]);
  expect(keeping.audit.concerns()).toEqual([expect.stringContaining('entry 2')]);
});

it('removes nothing that was changed behind what was last signed', async () => {
  const keeping = await rig.replica({ auditRetentionDays: 30 });
  for (let index = 0; index < 4; index += 1) await save(core, `endpoint-${index}`);
  await core.database.query("UPDATE audit_pending SET at = at - interval '40 days'");
  await core.audit.seal();
  await core.audit.checkpoint();
  await core.database.query('ALTER TABLE audit_entry DISABLE TRIGGER USER');
  await core.database.query(`UPDATE audit_entry SET body = replace(body::text, 'endpoint-1', 'endpoint-x')::json WHERE seq = 2`);
  await save(core, 'endpoint-later');
  await core.audit.seal();
  await keeping.audit.prune();
  expect(await core.database.query('SELECT 1 FROM audit_anchor')).toEqual([]);
  expect(keeping.audit.concerns()).toEqual([expect.stringContaining('entry 2')]);
});

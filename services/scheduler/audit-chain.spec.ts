import { readAuditStatement } from '@smartant/proof';
import { Client } from 'pg';
import { admin, endpointInput, exported, linesOf, owner, save, verify } from './fixtures/audit-export';
import { CANARY, eventually, migrationInput, operator, Rig } from './fixtures/scheduler-under-test';
import type { SchedulerCore } from './scheduler-core';

let rig: Rig;
let core: SchedulerCore;

beforeEach(async () => {
  rig = await Rig.open();
  core = await rig.replica();
});
afterEach(() => rig.close());

describe('an entry', () => {
  it('says who did what, from where, before and after, and no secret', async () => {
    await save(core, 'photos');
    await core.useCases.limits.setOfEndpoint(owner, 'photos', { concurrency: 4 });
    await core.useCases.endpoints.remove(owner, 'photos');
    await core.audit.seal();
    const { items } = await core.useCases.audit.list(owner, {}, {});
    expect(items).toMatchObject([
      { seq: 3, action: 'endpoint.remove', before: { location: { bucket: 'source' } }, after: null },
      { seq: 2, action: 'endpoint.set-limits', before: { concurrency: 0 }, after: { concurrency: 4 } },
      {
        seq: 1,
        action: 'endpoint.create',
        target: { kind: 'endpoint', name: 'photos' },
        before: null,
        actor: { userId: owner.userId, address: '192.0.2.7', credential: 'password', traceId: 'ab'.repeat(16) },
      },
    ]);
    expect((await core.useCases.audit.list(owner, { action: 'endpoint', target: items[0]!.target.id }, {})).items).toHaveLength(3);
    expect((await core.useCases.audit.list(owner, { actor: 'usr_other' }, {})).items).toEqual([]);
    expect((await core.useCases.audit.list(owner, { from: items[1]!.at, to: items[0]!.at }, {})).items).toEqual([items[1]]);
    const first = await core.useCases.audit.listAll(admin, {}, { pageSize: 2 });
    const second = await core.useCases.audit.listAll(admin, {}, { pageSize: 2, pageToken: first.nextPageToken! });
    expect([...first.items, ...second.items]).toEqual(items);
  });

  it('is there exactly when its change is', async () => {
    await save(core, 'photos');
    await expect(save(core, 'photos')).rejects.toMatchObject({ code: 'ENDPOINT_NAME_TAKEN' });
    await expect(core.useCases.endpoints.remove(owner, 'nope')).rejects.toMatchObject({ code: 'ENDPOINT_NOT_FOUND' });
    const ended = core.unitOfWork.transaction(async (stores) => {
      await stores.audit.append(owner, {
        action: 'x.y',
        workspaceId: null,
        target: { kind: 'x', id: 'x', name: null },
        before: null,
        after: null,
        outcome: 'done',
        code: null,
      });
      throw new Error('rolled back');
    });
    await expect(ended).rejects.toThrow('rolled back');
    await core.useCases.endpoints.create(owner, endpointInput('again'), 'r-1');
    await core.useCases.endpoints.create(owner, endpointInput('again'), 'r-1');
    await core.audit.seal();
    expect((await core.useCases.audit.listAll(admin, {}, {})).items.map(({ target }) => target.name)).toEqual(['again', 'photos']);
  });

  it('takes what is hostile: no-characters, broken texts and very much of it', async () => {
    const hostile = { 'nul\u0000': ['\u0000', '\ud800'], big: 'x' };
    const fact = {
      action: 'x.y',
      workspaceId: null,
      before: hostile,
      after: { keys: ['k'.repeat(20_000)] },
      outcome: 'done',
      code: null,
    } as const;
    await core.unitOfWork.direct.audit.append(owner, {
      ...fact,
      target: { kind: 'x', id: `a\u0000\udc00${'\u{1f600}'.repeat(5_000)}`, name: 'n'.repeat(5_000) },
    });
    await core.audit.seal();
    const [entry] = (await core.useCases.audit.listAll(admin, {}, {})).items;
    expect(entry).toMatchObject({
      target: { id: `a\ufffd\ufffd${'\u{1f600}'.repeat(98)}\ufffd`, name: 'n'.repeat(1_000) },
      before: { 'nul\ufffd': ['\ufffd', '\ufffd'] },
      after: { tooLarge: true, bytes: 20_013 },
    });
    expect(await verify(core, await linesOf(core.useCases.audit.exportAll(admin)))).toMatchObject({ whole: true, entries: 1 });
  });
});

it('keeps secrets of inputs out of entries, exports and events', async () => {
  await core.start();
  await core.useCases.migrations.create(owner, migrationInput(), undefined);
  await save(core, 'saved');
  await core.audit.seal();
  await core.audit.checkpoint();
  const tables = ['audit_pending', 'audit_entry', 'audit_checkpoint', 'outbox'];
  for (const table of tables) expect(JSON.stringify(await core.database.query(`SELECT * FROM ${table}`))).not.toContain(CANARY);
  const lines = await exported(core);
  expect(lines.join('')).toContain('migration.create');
  expect(lines.join('')).not.toContain(CANARY);
  expect(rig.logLines.join('')).not.toContain(CANARY);
});

it('has no gaps and no doubles when many transactions commit in any order while replicas compete to seal', async () => {
  const other = await rig.replica();
  let writing = true;
  const sealers = [core, other].map(async (replica) => {
    while (writing) await replica.audit.seal();
  });
  const writes = Array.from({ length: 40 }, (_, index) =>
    core.unitOfWork.transaction(async (stores) => {
      await stores.audit.append(owner, {
        action: 'x.y',
        workspaceId: index % 3 === 0 ? null : owner.workspaceId,
        target: { kind: 'x', id: String(index), name: null },
        before: null,
        after: null,
        outcome: 'done',
        code: null,
      });
      // Held open for as long as other transactions take.
      for (let turn = 0; turn < index % 7; turn += 1) await stores.workspaces.find('default');
      if (index % 10 === 9) throw new Error('rolled back');
    }),
  );
  await Promise.allSettled(writes);
  writing = false;
  await Promise.all(sealers);
  await core.audit.seal();
  const verdict = await verify(core, await linesOf(core.useCases.audit.exportAll(admin)));
  expect(verdict).toMatchObject({ whole: true, differences: [], entries: 36 });
  const [events] = await core.database.query<{ n: number }>('SELECT count(*)::int AS n FROM outbox');
  expect(events!.n).toBe(36);
});

it('seals what a sealer that was killed left, once', async () => {
  for (let index = 0; index < 5; index += 1) await save(core, `endpoint-${index}`);
  const victim = new Client({ connectionString: rig.databaseUrl, options: '-c search_path=scheduler' });
  await victim.connect();
  // As far as a sealer comes before it is killed: it owns the lock, and has moved a part of what is pending.
  await victim.query('BEGIN');
  await victim.query("SELECT pg_try_advisory_xact_lock(hashtext('smartant audit sealer'), hashtext(current_schema()))");
  await victim.query('DELETE FROM audit_pending WHERE id = (SELECT min(id) FROM audit_pending)');
  await core.audit.seal();
  expect((await core.useCases.audit.list(owner, {}, {})).items).toEqual([]);
  await victim.end();
  await eventually(async () => {
    await core.audit.seal();
    return (await core.useCases.audit.list(owner, {}, {})).items.length === 5;
  });
  expect(await verify(core, await exported(core))).toMatchObject({ whole: true, entries: 5 });
});

it('tells the bus of each new head, and of what is signed, once for so long', async () => {
  await save(core, 'photos');
  await core.audit.seal();
  await core.audit.checkpoint(600_000);
  await save(core, 'videos');
  await core.audit.seal();
  await core.audit.checkpoint(600_000);
  const events = (
    await core.database.query<{ event: { type: string; key: string; data: Record<string, string> } }>(
      'SELECT event FROM outbox ORDER BY seq',
    )
  ).map(({ event }) => event);
  const sealed = { type: 'io.smartant.audit.entry-sealed.v1', topic: 'smartant.audit.v1', key: owner.workspaceId };
  expect(events).toMatchObject([
    { ...sealed, version: 1, data: { seq: 1, action: 'endpoint.create', actor: owner.userId, outcome: 'done' } },
    { type: 'io.smartant.audit.statement-signed.v1', data: { seq: 1, hash: events[0]!.data['hash'] } },
    { ...sealed, version: 2, data: { seq: 2, previousHash: events[0]!.data['hash'] } },
  ]);
  const keys = (await core.useCases.reportKeys.list()).map(({ publicKeyPem }) => publicKeyPem);
  const statement = readAuditStatement(JSON.parse(events[1]!.data['envelope']!), keys);
  expect(statement).toMatchObject({ type: 'checkpoint', scope: owner.workspaceId, heads: [{ seq: 1, hash: events[0]!.data['hash'] }] });
});

it('is shown to owners and administrators only', async () => {
  await expect(core.useCases.audit.listAll(owner, {}, {})).rejects.toMatchObject({ code: 'ROLE_FORBIDDEN' });
  await expect(exported(core, operator)).rejects.toMatchObject({ code: 'ROLE_FORBIDDEN' });
  await expect(linesOf(core.useCases.audit.exportAll(owner))).rejects.toMatchObject({ code: 'ROLE_FORBIDDEN' });
});

import { AuditVerifier, readAuditStatement } from '@smartant/proof';
import { Client } from 'pg';
import type { Caller } from './application/use-cases';
import { CANARY, eventually, migrationInput, operator, Rig } from './fixtures/scheduler-under-test';
import type { SchedulerCore } from './scheduler-core';

const owner: Caller = { ...operator, role: 'owner', origin: { address: '192.0.2.7', credential: 'password', traceId: 'ab'.repeat(16) } };
const admin: Caller = { ...owner, role: 'admin' };

let rig: Rig;
let core: SchedulerCore;

beforeEach(async () => {
  rig = await Rig.open();
  core = await rig.replica();
});
afterEach(() => rig.close());

const endpoint = (name: string) => ({ name, ...(migrationInput().source as { location: never; secret: never }) });
const save = (name: string, by = core, caller = owner) => by.useCases.endpoints.create(caller, endpoint(name), undefined);

async function linesOf(source: AsyncIterable<string>): Promise<string[]> {
  const lines: string[] = [];
  for await (const line of source) lines.push(line);
  return lines;
}

async function verify(lines: string[]) {
  const keys = (await core.useCases.reportKeys.list()).map(({ publicKeyPem }) => publicKeyPem);
  const verifier = new AuditVerifier(keys);
  for (const line of lines) verifier.line(line);
  return verifier.verdict();
}
const exported = () => linesOf(core.useCases.audit.export(owner, { afterSeq: 0 }));

describe('an entry', () => {
  it('says who did what, from where, before and after, and no secret', async () => {
    await save('photos');
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
    await save('photos');
    await expect(save('photos')).rejects.toMatchObject({ code: 'ENDPOINT_NAME_TAKEN' });
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
    await core.useCases.endpoints.create(owner, endpoint('again'), 'r-1');
    await core.useCases.endpoints.create(owner, endpoint('again'), 'r-1');
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
    expect(await verify(await linesOf(core.useCases.audit.exportAll(admin)))).toMatchObject({ whole: true, entries: 1 });
  });
});

it('keeps secrets of inputs out of entries, exports and events', async () => {
  await core.start();
  await core.useCases.migrations.create(owner, migrationInput(), undefined);
  await save('saved');
  await core.audit.seal();
  await core.audit.checkpoint();
  const tables = ['audit_pending', 'audit_entry', 'audit_checkpoint', 'outbox'];
  for (const table of tables) expect(JSON.stringify(await core.database.query(`SELECT * FROM ${table}`))).not.toContain(CANARY);
  const lines = await exported();
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
  const verdict = await verify(await linesOf(core.useCases.audit.exportAll(admin)));
  expect(verdict).toMatchObject({ whole: true, differences: [], entries: 36 });
  const [events] = await core.database.query<{ n: number }>('SELECT count(*)::int AS n FROM outbox');
  expect(events!.n).toBe(36);
});

it('seals what a sealer that was killed left, once', async () => {
  for (let index = 0; index < 5; index += 1) await save(`endpoint-${index}`);
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
  expect(await verify(await exported())).toMatchObject({ whole: true, entries: 5 });
});

it('tells the bus of each new head, and of what is signed, once for so long', async () => {
  await save('photos');
  await core.audit.seal();
  await core.audit.checkpoint(600_000);
  await save('videos');
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

describe('tampering', () => {
  beforeEach(async () => {
    for (let index = 0; index < 6; index += 1) await save(`endpoint-${index}`);
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
    expect(await verify(await exported())).toMatchObject({ whole: true, entries: 6 });
  });

  it.each([
    ['changed', `UPDATE audit_entry SET body = replace(body::text, 'endpoint-3', 'endpoint-x')::json WHERE seq = 4`, 'changed'],
    ['left out', 'DELETE FROM audit_entry WHERE seq = 3', 'missing'],
    ['cut off', 'DELETE FROM audit_entry WHERE seq > 4', 'cut-off'],
    ['exchanged', 'UPDATE audit_entry SET hash = (SELECT hash FROM audit_entry WHERE seq = 2) WHERE seq = 5', 'changed'],
  ])('by somebody who switches the triggers off is found: %s', async (_name, sql, kind) => {
    await asSuperuser(sql);
    const verdict = await verify(await exported());
    expect(verdict).toMatchObject({ whole: false, differences: expect.arrayContaining([expect.objectContaining({ kind })]) });
  });

  it('since the last checkpoint gets no signature, and is a concern', async () => {
    await save('later');
    await core.audit.seal();
    await asSuperuser(`UPDATE audit_entry SET body = replace(body::text, 'later', 'never')::json WHERE seq = 7`);
    await core.audit.checkpoint();
    expect(core.audit.concerns()).toEqual([expect.stringContaining('was changed at entry 7')]);
    expect(await core.database.query('SELECT seq FROM audit_checkpoint')).toEqual([{ seq: '6' }]);
  });
});

it('removes what is too old behind a signed anchor, and nothing else', async () => {
  const keeping = await rig.replica({ auditRetentionDays: 30 });
  for (let index = 0; index < 6; index += 1) await save(`endpoint-${index}`);
  await core.database.query(
    "UPDATE audit_pending SET at = at - interval '40 days' WHERE id IN (SELECT id FROM audit_pending ORDER BY at LIMIT 4)",
  );
  await core.audit.seal();
  const before = await exported();
  await keeping.audit.prune();
  await keeping.audit.prune();
  await core.audit.seal();
  const seqs = await core.database.query<{ seq: string }>('SELECT seq FROM audit_entry WHERE chain = $1 ORDER BY seq', [owner.workspaceId]);
  expect(seqs.map(({ seq }) => Number(seq))).toEqual([5, 6, 7, 8]);
  expect((await core.useCases.audit.list(owner, { action: 'audit.prune' }, {})).items).toMatchObject([{ after: { removedUpTo: 4 } }]);
  await core.audit.checkpoint();
  const after = await exported();
  expect(await verify(after)).toMatchObject({ whole: true, entries: 4, chains: [{ firstSeq: 5, lastSeq: 8 }] });
  expect(await verify(before)).toMatchObject({ whole: true, entries: 6 });
  expect(await verify(after.filter((line) => !line.includes('"kind":"statement"') || line === after.at(-1)))).toMatchObject({
    whole: false,
  });
  await expect(core.database.query('DELETE FROM audit_entry')).rejects.toMatchObject({ message: expect.stringContaining('append-only') });
});

it('removes nothing of a chain that was tampered with', async () => {
  const keeping = await rig.replica({ auditRetentionDays: 30 });
  for (let index = 0; index < 4; index += 1) await save(`endpoint-${index}`);
  await core.database.query("UPDATE audit_pending SET at = at - interval '40 days'");
  await core.audit.seal();
  await core.database.query('ALTER TABLE audit_entry DISABLE TRIGGER USER');
  await core.database.query(`UPDATE audit_entry SET body = replace(body::text, 'endpoint-1', 'endpoint-x')::json WHERE seq = 2`);
  await keeping.audit.prune();
  expect(await core.database.query('SELECT count(*)::int AS n FROM audit_entry')).toEqual([{ n: 4 }]);
  expect(keeping.audit.concerns()).toEqual([expect.stringContaining('entry 2')]);
});

it('is shown to owners and administrators only', async () => {
  await expect(core.useCases.audit.listAll(owner, {}, {})).rejects.toMatchObject({ code: 'ROLE_FORBIDDEN' });
  await expect(exportedBy(operator)).rejects.toMatchObject({ code: 'ROLE_FORBIDDEN' });
  await expect(linesOf(core.useCases.audit.exportAll(owner))).rejects.toMatchObject({ code: 'ROLE_FORBIDDEN' });
});

const exportedBy = (caller: Caller) => linesOf(core.useCases.audit.export(caller, { afterSeq: 0 }));

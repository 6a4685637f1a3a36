import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLogger } from '@smartant/platform/logging';
import { FileLogStore } from './adapters/logs/file-log-store';
import { FileTraceStore } from './adapters/traces/file-trace-store';
import type { TraceStore } from './application/ports/trace-store';
import type { Caller } from './application/use-cases';
import { DEFAULT_WORKSPACE, eventually, migrationInput, operator, Rig } from './fixtures/scheduler-under-test';
import type { SchedulerCore } from './scheduler-core';

const never = new AbortController().signal;
const admin: Caller = { ...operator, role: 'admin' };
const FAILED_TRACE = 'f'.repeat(32);

let rig: Rig;
let core: SchedulerCore;
let other: SchedulerCore;
let id: string;
const logs = mkdtempSync(join(tmpdir(), 'smartant-records-'));
const traces = mkdtempSync(join(tmpdir(), 'smartant-records-'));
const awayStore: TraceStore = {
  kind: 'jaeger',
  findUnit: () => Promise.reject(new Error('away')),
  trace: () => Promise.reject(new Error('away')),
};
const heard: string[] = [];

beforeAll(async () => {
  rig = await Rig.open();
  const logger = createLogger({ service: 'scheduler', level: 'info', output: { write: (line) => void heard.push(line) } });
  core = await rig.started({ records: { logs: new FileLogStore(logs), traces: new FileTraceStore(traces) }, logger });
  other = await rig.replica({ records: { logs: new FileLogStore(logs), traces: awayStore } });
  id = (await core.useCases.migrations.create(operator, migrationInput({ mode: 'manual' }), undefined)).id;
  rig.migrator.failures = [
    {
      id: 'fail_1',
      unit: 'd/broken',
      code: 'STORAGE_OBJECT_LOCKED',
      message: 'm',
      attempts: 5,
      traceId: FAILED_TRACE,
      firstFailedAt: '2026-01-02T03:04:05Z',
      lastFailedAt: '2026-01-02T03:04:06Z',
      state: 'open',
    },
  ] as never;
  const span = {
    traceId: FAILED_TRACE,
    spanId: 'b'.repeat(16),
    name: 'copy object',
    startTimeUnixNano: '1800000000000000000',
    endTimeUnixNano: '1800000000001000000',
    attributes: Object.entries({ 'smartant.migration': id, 'smartant.workspace': DEFAULT_WORKSPACE, 'smartant.key': 'd/whole' }).map(
      ([key, stringValue]) => ({ key, value: { stringValue } }),
    ),
  };
  writeFileSync(join(traces, 'storage-migrator.jsonl'), `${JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: [span] }] }] })}\n`);
});
afterAll(() => rig.close());

describe('the trace of a unit', () => {
  it('has its spans', async () => {
    const found = await core.useCases.traces.ofUnit(operator, id, { kind: 'object', name: 'd/whole' }, never);
    expect(found).toMatchObject({ store: 'files', spans: [{ name: 'copy object' }], failures: [] });
    // A file of a tree is an object of a storage migration.
    expect((await core.useCases.traces.ofUnit(operator, id, { kind: 'path', name: 'd/whole' }, never)).spans).toHaveLength(1);
  });

  it.each(['whose spans are gone', 'whose store is away'])('of a unit in quarantine, %s, is what is on record', async (why) => {
    const { traces: asked } = why.endsWith('away') ? other.useCases : core.useCases;
    const found = await asked.ofUnit(operator, id, { kind: 'object', name: 'd/broken' }, never);
    expect(found).toMatchObject({ spans: [], failures: [{ code: 'STORAGE_OBJECT_LOCKED', attempts: 5, traceId: FAILED_TRACE }] });
  });

  it('is refused for a unit that such migrations do not have, and for a migration of others', async () => {
    const { traces: asked } = core.useCases;
    await expect(asked.ofUnit(operator, id, { kind: 'table', name: 'a.b' }, never)).rejects.toMatchObject({ code: 'TRACE_UNIT_UNFIT' });
    const stranger = { ...operator, workspaceId: 'ws_other' };
    await expect(asked.ofUnit(stranger, id, { kind: 'object', name: 'd/whole' }, never)).rejects.toMatchObject({
      code: 'MIGRATION_NOT_FOUND',
    });
    await expect(asked.trace(stranger, FAILED_TRACE, never)).rejects.toMatchObject({ code: 'TRACE_NOT_FOUND' });
    await expect(asked.trace(operator, '../../etc/passwd', never)).rejects.toMatchObject({ code: 'TRACE_NOT_FOUND' });
    expect((await asked.trace(operator, FAILED_TRACE, never)).spans).toHaveLength(1);
  });
});

describe('logs', () => {
  const line = (fields: Record<string, unknown>) =>
    `${JSON.stringify({ level: 'info', time: new Date().toISOString(), service: 'scheduler', pid: 1, hostname: 'h', ...fields })}\n`;

  it('of a migration are the lines that name it, a page at a time', async () => {
    const own = ['one', 'two', 'three'].map((msg) => line({ migrationId: id, msg }));
    writeFileSync(join(logs, 'scheduler.log'), [...own, line({ migrationId: 'mig_other', msg: 'theirs' }), line({ msg: id })].join(''));
    const { logs: asked } = core.useCases;
    const first = await asked.ofMigration(operator, id, {}, { pageSize: 2 }, never);
    const second = await asked.ofMigration(operator, id, {}, { pageSize: 2, pageToken: first.nextPageToken ?? '' }, never);
    expect([...first.items, ...second.items].map(({ message }) => message)).toEqual(['three', 'two', 'one']);
    expect(second.nextPageToken).toBeNull();
    expect((await asked.ofPlatform(admin, { q: 'theirs' }, {}, never)).items).toHaveLength(1);
    const stranger = { ...operator, workspaceId: 'ws_other' };
    await expect(asked.ofMigration(stranger, id, {}, {}, never)).rejects.toMatchObject({ code: 'MIGRATION_NOT_FOUND' });
  });

  it('show where in our programs an error was raised to administrators alone', async () => {
    const err = { message: 'm', stack: 'at secret place', cause: { message: 'c', stack: 'at secret place' } };
    writeFileSync(join(logs, 'storage-migrator.log'), line({ service: 'storage-migrator', migrationId: id, msg: 'failed', err }));
    const ask = async (caller: Caller) => JSON.stringify(await core.useCases.logs.ofMigration(caller, id, { q: 'failed' }, {}, never));
    expect(await ask(operator)).toContain('"cause":{"message":"c"}');
    expect(await ask(operator)).not.toContain('secret place');
    expect(await ask(admin)).toContain('secret place');
  });

  it('are told to be kept nowhere where they are not', async () => {
    const plain = await rig.replica();
    await expect(plain.useCases.logs.ofPlatform(admin, {}, {}, never)).rejects.toMatchObject({ code: 'LOG_SEARCH_NOT_CONFIGURED' });
  });
});

describe('log levels', () => {
  const debugLines = () => heard.filter((text) => text.includes('"level":"debug"') && text.includes('spec debug'));

  it('that one replica is told are heard by the loggers of another, and are given back', async () => {
    const { logs: asked } = other.useCases;
    const spoken = createLogger({ service: 'scheduler', level: 'info', output: { write: (text) => void heard.push(text) } });
    const driver = spoken.child({ module: 'driver' });
    const set = await asked.setLevel(admin, { service: 'scheduler', module: 'driver', level: 'debug', forSeconds: 600 });
    expect(Date.parse(set.until)).toBeGreaterThan(Date.now());
    await eventually(async () => {
      driver.debug('spec debug');
      return debugLines().length > 0;
    });
    spoken.debug('spec debug of no module');
    expect(heard.join('')).not.toContain('of no module');
    expect(await core.useCases.logs.levels(admin)).toMatchObject([
      { service: 'scheduler', module: 'driver', level: 'debug', setBy: 'usr_test' },
    ]);

    await asked.resetLevels(admin, 'scheduler');
    expect(await core.useCases.logs.levels(admin)).toEqual([]);
    await eventually(async () => {
      const before = debugLines().length;
      driver.debug('spec debug');
      return debugLines().length === before;
    });
  });

  it('are those of services that hear, and on the audit trail', async () => {
    const wanted = { service: 'gateway-keys', module: null, level: 'debug' as const, forSeconds: 60 };
    await expect(core.useCases.logs.setLevel(admin, wanted)).rejects.toMatchObject({ code: 'LOG_SERVICE_UNKNOWN' });
    await eventually(async () => {
      const { items } = await core.useCases.audit.listAll(admin, { action: 'log-level' }, {});
      return items.map(({ action }) => action).join() === 'log-level.reset,log-level.set';
    });
  });
});

import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { migratorV1 } from '@smartant/contracts';
import { HealthRegistry } from '@smartant/platform/health';
import { announcePresence } from '@smartant/platform/presence';
import { FileLogStore } from './adapters/logs/file-log-store';
import { NO_TRACES } from './adapters/records/open-stores';
import type { Caller } from './application/use-cases';
import { DEFAULT_WORKSPACE, eventually, migrationInput, operator, Rig } from './fixtures/scheduler-under-test';
import type { SchedulerCore } from './scheduler-core';

const admin: Caller = { ...operator, role: 'admin' };
const stranger: Caller = { ...operator, workspaceId: 'ws_other' };
const never = new AbortController().signal;
const logs = mkdtempSync(join(tmpdir(), 'smartant-operations-'));

let rig: Rig;
let core: SchedulerCore;
let other: SchedulerCore;

beforeAll(async () => {
  rig = await Rig.open();
  const records = { logs: new FileLogStore(logs), traces: NO_TRACES, traceViewer: 'https://jaeger.example.com' };
  const options = { records, expectedServices: ['scheduler', 'notifier'] };
  core = await rig.started(options);
  other = await rig.started(options);
});
afterAll(() => rig.close());

describe('the shards of a migration', () => {
  it('are those of its migrator, for who may see the migration', async () => {
    const { id } = await core.useCases.migrations.create(operator, migrationInput({ mode: 'manual' }), undefined);
    const { shards } = core.useCases;
    expect(await shards.map(operator, id, {})).toMatchObject({ runId: null, cells: [] });
    rig.migrator.shards = ['working', 'retrying', 'newer-than-this'].map((state, ordinal) =>
      migratorV1.Shard.fromPartial({ id: `shd_${ordinal}`, stage: 'sync', ordinal, state, counters: { copiedBytes: 7 } }),
    );
    expect(await shards.map(operator, id, { runId: 'run_1' })).toMatchObject({ runId: 'run_1', shardsTotal: 3 });
    const { items } = await shards.list(operator, id, {});
    expect(items).toMatchObject([
      { state: 'working', holder: null, counters: { copiedBytes: 7 } },
      { state: 'retrying' },
      { state: 'waiting' },
    ]);
    expect((await shards.list(operator, id, { state: 'retrying' })).items).toHaveLength(1);
    await expect(shards.map(stranger, id, {})).rejects.toMatchObject({ code: 'MIGRATION_NOT_FOUND' });
    await expect(shards.list(stranger, id, {})).rejects.toMatchObject({ code: 'MIGRATION_NOT_FOUND' });
  });
});

describe('the services of the platform', () => {
  const processes: { ends: (() => void | Promise<void>)[]; health: HealthRegistry }[] = [];
  /** A process that says of itself what real ones say. */
  const start = (service: string, version: string) => {
    const process = { ends: [] as (() => void | Promise<void>)[], health: new HealthRegistry() };
    const onShutdown = (_name: string, end: () => void | Promise<void>) => void process.ends.push(end);
    announcePresence({ bus: core.bus, health: process.health, service, version, onShutdown, everyMs: 50 });
    processes.push(process);
    return process;
  };
  const named = async (name: string, of = other) => (await of.useCases.topology.services(admin)).find(({ service }) => service === name);
  afterAll(async () => {
    for (const { ends } of processes) for (const end of ends) await end();
  });

  it('that were never heard are absent', async () => {
    expect(await named('notifier')).toMatchObject({ health: 'absent', instances: [], versions: [], lastSeenAt: null });
  });

  it('are told by each process, to every replica, and by one that starts later', async () => {
    start('notifier', '1.0.0');
    const sick = start('notifier', '2.0.0');
    sick.health.add('database', () => Promise.reject(new Error('is away')));
    await eventually(async () => (await named('notifier'))?.health === 'degraded');
    const found = await named('notifier');
    expect(found?.versions).toMatchObject([
      { version: '1.0.0', instances: 1 },
      { version: '2.0.0', instances: 1 },
    ]);
    expect(found?.instances.find(({ version }) => version === '2.0.0')).toMatchObject({
      state: 'unready',
      problems: ['database: is away'],
    });
    const later = await rig.replica();
    expect(await named('notifier', later)).toMatchObject({ health: 'degraded' });
  });

  it('are down once nobody was heard for a while, and forget who says goodbye', async () => {
    for (const { ends } of processes.splice(0)) for (const end of ends) await end();
    await eventually(async () => (await named('notifier'))?.health === 'absent');
    await core.database.query(
      `INSERT INTO service_presence VALUES ('db-migrator', 'a', 'pod', '1', now(), now() - interval '1 min', true, '[]', 9)`,
    );
    expect(await named('db-migrator')).toMatchObject({ health: 'down', instances: [{ state: 'silent' }], versions: [] });
  });

  it('share their calls between versions', async () => {
    await core.database.query(
      `INSERT INTO service_presence VALUES ('host-migrator', 'a', 'pod', '1', now(), now(), true, '[]', 30),
         ('host-migrator', 'b', 'pod', '1', now(), now(), true, '[]', 45), ('host-migrator', 'c', 'pod', '2', now(), now(), true, '[]', 25)`,
    );
    expect((await named('host-migrator'))?.versions).toEqual([
      { version: '1', instances: 2, callShare: 0.75 },
      { version: '2', instances: 1, callShare: 0.25 },
    ]);
  });

  it('are for administrators alone', async () => {
    await expect(core.useCases.topology.services(operator)).rejects.toMatchObject({ code: 'ROLE_FORBIDDEN' });
  });
});

it('the logs of a workspace are the lines that name it, without stacks', async () => {
  const at = new Date().toISOString();
  const lines = [
    { msg: 'ours', workspaceId: DEFAULT_WORKSPACE, err: { message: 'm', stack: 'at a.ts' } },
    { msg: 'theirs', workspaceId: 'ws_other' },
    { msg: 'of nobody' },
  ].map((line) => JSON.stringify({ time: at, level: 'error', service: 'scheduler', hostname: 'pod', ...line }));
  writeFileSync(join(logs, 'scheduler.log'), `${lines.join('\n')}\n`);
  const found = await core.useCases.logs.ofWorkspace(operator, {}, {}, never);
  expect(found.items.map(({ message }) => message)).toEqual(['ours']);
  expect(JSON.stringify(found)).not.toContain('a.ts');
  const theirs = await core.useCases.logs.ofWorkspace(stranger, {}, {}, never);
  expect(theirs.items.map(({ message }) => message)).toEqual(['theirs']);
});

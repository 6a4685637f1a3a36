import { commonV1 } from '@smartant/contracts';
import type { Calendar } from '@smartant/shards';
import type { MigrationInput } from './application/use-cases';
import { NO_LIMITS, NO_RATES } from './domain/migration/migration-spec';
import { atRest, eventually, inState, migrationInput, operator, Rig, until } from './fixtures/scheduler-under-test';
import type { SchedulerCore } from './scheduler-core';

const { Phase } = commonV1;
const NIGHTS: Calendar = { timeZone: 'Asia/Shanghai', windows: [{ days: ['mon', 'fri'], from: '22:00', to: '06:00' }], outside: 'stop' };

let rig: Rig;
let core: SchedulerCore;

beforeEach(async () => {
  rig = await Rig.open();
  core = await rig.started();
});
afterEach(() => rig.close());

async function savedEndpoint(name: string): Promise<string> {
  const { location, secret } = migrationInput().source as Extract<MigrationInput['source'], { location: unknown }>;
  return (
    await core.useCases.endpoints.create(
      operator,
      { name, location: { ...location, bucket: `bucket-${name}` } as typeof location, secret },
      undefined,
    )
  ).id;
}

async function create(
  source: string,
  target: string,
  spec: Partial<Pick<MigrationInput['spec'], 'limits' | 'priority' | 'cutover'>> = {},
): Promise<string> {
  const input = migrationInput();
  const both = { source: { endpoint: source }, target: { endpoint: target } };
  return (await core.useCases.migrations.create(operator, { ...input, ...both, spec: { ...input.spec, ...spec } }, undefined)).id;
}

describe('limits that several migrations share', () => {
  it('come along with each run, and a change is told to every run concerned and to no other', async () => {
    rig.migrator.held.add(Phase.PHASE_FULL);
    for (const name of ['shared', 'a', 'b', 'c']) await savedEndpoint(name);
    await core.useCases.limits.setOfWorkspace(operator, { requestsPerSecond: 100 });
    const [first, second, other] = [await create('shared', 'a'), await create('b', 'shared'), await create('a', 'c')];
    for (const id of [first, second, other]) await until(core, id, inState('full', 'running'));
    const workspace = { scope: `workspace:${operator.workspaceId}`, limits: { requestsPerSecond: 100, bytesPerSecond: 0 } };
    expect(rig.migrator.starts.every(({ sharedLimits }) => sharedLimits.length === 1)).toBe(true);
    expect(rig.migrator.starts[0]?.sharedLimits).toMatchObject([workspace]);

    expect(await core.useCases.limits.setOfEndpoint(operator, 'shared', { concurrency: 3 })).toEqual({ ...NO_RATES, concurrency: 3 });
    const { id: scope } = await core.useCases.endpoints.get(operator, 'shared');
    const told = () => rig.migrator.limitOrders.filter(({ sharedLimits }) => sharedLimits.some((one) => one.scope === `endpoint:${scope}`));
    await eventually(() => new Set(told().map(({ migrationId }) => migrationId)).size === 2);
    expect(told().map(({ migrationId }) => migrationId)).toEqual(expect.arrayContaining([first, second]));
    expect(rig.migrator.limitOrders.some(({ migrationId }) => migrationId === other)).toBe(false);
    const version = told()[0]?.sharedLimits.find((one) => one.scope === `endpoint:${scope}`)?.version ?? 0;

    await core.useCases.limits.setOfEndpoint(operator, 'shared', { concurrency: 0 });
    const newer = () =>
      told().filter(({ sharedLimits }) => sharedLimits.some((one) => one.scope.startsWith('endpoint') && one.version > version));
    await eventually(() => newer().length >= 2);
    expect(await core.useCases.limits.ofEndpoint(operator, 'shared')).toEqual(NO_RATES);
    expect(await core.useCases.limits.ofWorkspace(operator)).toEqual({ ...NO_RATES, requestsPerSecond: 100 });
    rig.migrator.held.clear();
    for (const id of [first, second, other]) await atRest(core, id);
  });

  it('are refused when they make no sense, and to viewers', async () => {
    await savedEndpoint('a');
    await expect(core.useCases.limits.setOfEndpoint(operator, 'a', { concurrency: -1 })).rejects.toMatchObject({
      code: 'MIGRATION_SPEC_INVALID',
    });
    await expect(core.useCases.limits.setOfEndpoint(operator, 'nowhere', {})).rejects.toMatchObject({ code: 'ENDPOINT_NOT_FOUND' });
    await expect(core.useCases.limits.setOfWorkspace({ ...operator, role: 'viewer' }, {})).rejects.toMatchObject({
      code: 'ROLE_FORBIDDEN',
    });
  });

  it('are forgotten with their endpoint', async () => {
    await savedEndpoint('a');
    await core.useCases.limits.setOfEndpoint(operator, 'a', { concurrency: 2 });
    await core.useCases.endpoints.remove(operator, 'a');
    expect(await core.database.query('SELECT 1 FROM scope_limit')).toEqual([]);
  });
});

describe('a calendar', () => {
  it('is given to the migrator, and shows as what the migration waits for', async () => {
    rig.migrator.held.add(Phase.PHASE_FULL);
    await savedEndpoint('a');
    await savedEndpoint('b');
    const id = await create('a', 'b', { limits: { ...NO_LIMITS, calendar: NIGHTS }, priority: 8 });
    const running = await until(core, id, inState('full', 'running'));
    expect(running.waitingFor).toBeNull();
    const start = rig.migrator.starts.at(-1);
    expect(start).toMatchObject({ priority: 8, limits: { calendar: { timeZone: 'Asia/Shanghai', windows: NIGHTS.windows } } });
    expect(start?.limits?.calendar?.outside).toBeUndefined();

    const run = [...rig.migrator.runs.values()].find(({ phase }) => phase === Phase.PHASE_FULL);
    if (!run) throw new Error('no run');
    const opensAt = '2026-11-23T14:00:00.000Z';
    rig.migrator.runs.set(run.runId, { ...run, opensAt });
    const waiting = await until(core, id, ({ waitingFor }) => waitingFor !== null);
    expect(waiting.waitingFor).toEqual({ reason: 'window', until: opensAt, error: null });

    await core.useCases.migrations.setLimits(operator, id, { calendar: null });
    await eventually(() => rig.migrator.limitOrders.length > 0);
    expect(rig.migrator.limitOrders.at(-1)?.limits?.calendar).toBeUndefined();
    expect(rig.migrator.limitOrders.at(-1)?.limitsVersion).toBeGreaterThan(start?.limitsVersion ?? 0);
    rig.migrator.runs.set(run.runId, { ...run, opensAt: '' });
    await until(core, id, ({ waitingFor }) => waitingFor === null);
    rig.migrator.held.clear();
    await atRest(core, id);
  });

  it('is refused when its zone or its times do not exist', async () => {
    await savedEndpoint('a');
    await savedEndpoint('b');
    const calendar = { ...NIGHTS, timeZone: 'Mars/Olympus' };
    await expect(create('a', 'b', { limits: { ...NO_LIMITS, calendar } })).rejects.toMatchObject({
      code: 'MIGRATION_SPEC_INVALID',
      fields: [{ field: 'spec.limits.calendar.timeZone' }],
    });
  });
});

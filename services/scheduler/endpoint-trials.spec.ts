import { commonV1 } from '@smartant/contracts';
import type { Caller } from './application/use-cases';
import { EndpointTrials } from './application/alerting/endpoint-trials';
import type { Migrator } from './application/ports/migrator';
import { SmartantError } from '@smartant/kernel';
import { DEFAULT_WORKSPACE, eventually, inState, migrationInput, operator, Rig, until } from './fixtures/scheduler-under-test';
import type { SchedulerCore } from './scheduler-core';

const owner: Caller = { ...operator, role: 'owner' };

let rig: Rig;
let core: SchedulerCore;
let id: string;
beforeEach(async () => {
  rig = await Rig.open();
  core = await rig.started({ alerts: { tickMs: 3_600_000, endpointTrialMs: 0 } });
  rig.migrator.held.add(commonV1.Phase.PHASE_FULL);
  ({ id } = await core.useCases.migrations.create(operator, migrationInput(), undefined));
  await until(core, id, inState('full', 'running'));
});
afterEach(() => rig.close());

type Probe = Migrator['probe'];
const reached: Probe = async () => ({ reachable: true, abilities: [], findings: [], roundTripMs: 1 });
const unreachable: Probe = () =>
  Promise.reject(new SmartantError('STORAGE_UNREACHABLE', 'It did not answer.', { kind: 'unavailable', hint: 'See it.' }));
const migratorAway: Probe = () => Promise.reject(new SmartantError('RPC_FAILED', 'No connection.', { kind: 'unavailable' }));

function trialsWith(probe: Probe): { trials: EndpointTrials; outcomes: string[] } {
  const outcomes: string[] = [];
  const observer = {
    tried: (outcome: string) => void outcomes.push(outcome),
    lookFailed: (error: unknown) => void outcomes.push(String(error)),
  };
  const migrators = { of: () => ({ probe }) as unknown as Migrator };
  return { trials: new EndpointTrials({ unitOfWork: core.unitOfWork, migrators, observer, everyMs: 300_000 }), outcomes };
}

const makeDue = () => core.database.query(`UPDATE endpoint_trial SET due_at = '-infinity'`);
/** One attempt at each endpoint. */
async function tryAll(probe: Probe): Promise<string[]> {
  await makeDue();
  const { trials, outcomes } = trialsWith(probe);
  await trials.tick();
  await trials.stop();
  return outcomes;
}
const seen = async () => {
  await core.lookForAlerts();
  return (await core.useCases.alerts.conditions(owner, { rule: 'endpoint-unreachable' }, {})).items;
};

it('tells of an endpoint in use after attempts in a row that failed, and when it can be reached again', async () => {
  // Nothing is tried at once: it was reached a moment ago.
  expect(await tryAll(unreachable)).toEqual([]);
  for (let attempt = 0; attempt < 2; attempt += 1) expect(await tryAll(unreachable)).toEqual(['failed', 'failed']);
  expect(await seen()).toEqual([]);
  await tryAll(unreachable);
  const [first] = await seen();
  expect(first).toMatchObject({
    state: 'firing',
    annotations: { error_code: 'STORAGE_UNREACHABLE', failed_attempts: '3', hint: 'See it.' },
  });
  expect(first?.labels).toMatchObject({ kind: 's3', migration_id: id });
  expect(await tryAll(reached)).toEqual(['reached', 'reached']);
  expect((await seen()).map(({ state }) => state)).toEqual(['resolved', 'resolved']);
});

it('says nothing of endpoints when the migrator is away, and lets the next attempt be made later', async () => {
  await tryAll(reached);
  expect(await tryAll(migratorAway)).toEqual(['not-tried', 'not-tried']);
  expect(await core.database.query('SELECT failures, due_at > now() AS later FROM endpoint_trial')).toEqual([
    { failures: 0, later: true },
    { failures: 0, later: true },
  ]);
});

it('is made by one of many replicas, with the secret of that endpoint alone for as long as it lasts', async () => {
  await tryAll(reached);
  await makeDue();
  let asked = 0;
  const probe: Probe = async (endpoint, access) => {
    asked += 1;
    expect(await core.unitOfWork.direct.probes.find(access.runId)).toMatchObject({
      workspaceId: DEFAULT_WORKSPACE,
      endpoints: [{ id: endpoint.id }],
    });
    return { reachable: true, abilities: [], findings: [], roundTripMs: 1 };
  };
  const many = [trialsWith(probe), trialsWith(probe), trialsWith(probe)];
  await Promise.all(many.map(({ trials }) => trials.tick()));
  await Promise.all(many.map(({ trials }) => trials.stop()));
  expect(many.flatMap(({ outcomes }) => outcomes)).toEqual(['reached', 'reached']);
  expect(asked).toBe(2);
  expect(await core.database.query('SELECT 1 FROM probe')).toEqual([]);
});

it('forgets endpoints that no migration in progress uses', async () => {
  await tryAll(unreachable);
  for (let attempt = 0; attempt < 3; attempt += 1) await tryAll(unreachable);
  expect(await seen()).toHaveLength(2);
  await core.useCases.migrations.act(operator, id, 'pause', {});
  await eventually(async () => (await core.useCases.migrations.get(operator, id)).status === 'paused');
  expect(await tryAll(unreachable)).toEqual([]);
  expect((await seen()).map(({ state }) => state)).toEqual(['resolved', 'resolved']);
});

it('is not made at all by a real migrator that is away', async () => {
  await tryAll(reached);
  await makeDue();
  rig.migrator.close();
  const away = await rig.replica({ alerts: { tickMs: 3_600_000, endpointTrialMs: 0 } });
  await expect(
    away.useCases.endpoints.test(operator, (await core.database.query<{ id: string }>('SELECT id FROM endpoint LIMIT 1'))[0]!.id),
  ).rejects.toMatchObject({
    code: expect.stringMatching(/^(RPC_|MIGRATOR_)/),
  });
  await rig.migrator.listen();
});

it('shows how endpoints in use fare, to their workspace and to administrators', async () => {
  const { overview } = core.useCases;
  const admin: Caller = { ...operator, role: 'admin', workspaceId: 'ws_other' };
  await tryAll(reached);
  await tryAll(reached);
  expect(await overview.endpoints(operator)).toMatchObject([
    { kind: 's3', failingSince: null, failures: 0, error: null, workspaceId: DEFAULT_WORKSPACE },
    { failingSince: null },
  ]);
  await tryAll(unreachable);
  const [failing] = await overview.platformEndpoints(admin);
  expect(failing).toMatchObject({ failures: 1, error: { code: 'STORAGE_UNREACHABLE' }, failingSince: expect.stringMatching(/Z$/) });
  expect(await overview.endpoints(admin)).toEqual([]);
  await expect(overview.platformEndpoints(operator)).rejects.toMatchObject({ code: 'ROLE_FORBIDDEN' });
});

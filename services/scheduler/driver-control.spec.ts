import { commonV1 } from '@smartant/contracts';
import type { EventBus } from '@smartant/platform/events';
import { eventually, inState, migrationInput, operator, Rig, until } from './fixtures/scheduler-under-test';
import type { SchedulerCore } from './scheduler-core';

const { Phase, Status } = commonV1;
/** Longer than any test: what goes on in spite of it did not wait for a poll, or for a claim to run out. */
const NEVER_MS = 600_000;
const SLOW = { driver: { claimMs: NEVER_MS, pollMs: NEVER_MS } };
const manual = { mode: 'manual' as const };

/** Between replicas nothing is heard. */
const deaf = (bus: EventBus): EventBus =>
  new Proxy(bus, { get: (target, name) => (name === 'broadcast' ? async () => undefined : Reflect.get(target, name).bind?.(target)) });

let rig: Rig;
beforeEach(async () => {
  rig = await Rig.open();
  rig.migrator.held.add(Phase.PHASE_FULL);
});
afterEach(async () => {
  rig.migrator.gates.clear();
  await rig.close();
});

const act = (core: SchedulerCore, id: string, action: 'pause' | 'resume' | 'cancel') =>
  core.useCases.migrations.act(operator, id, action, {});
const statusOfRun = (runId: string | null) => rig.migrator.runs.get(runId ?? '')?.status;
const hang = (call: string) => rig.migrator.gates.set(call, new Promise(() => undefined));

/** One replica that is in the middle of a call for the migration, and holds its claim. */
async function holding(call: 'GetRun' | 'StartPhase', options = {}) {
  const holder = await rig.started({ ...SLOW, driver: { ...SLOW.driver, pollMs: 20 }, ...options });
  const { id } = await holder.useCases.migrations.create(operator, migrationInput(manual), undefined);
  if (call === 'GetRun') await until(holder, id, inState('full', 'running'));
  const before = rig.migrator.countOf(call);
  hang(call);
  await eventually(() => rig.migrator.countOf(call) > before);
  return { holder, id, runId: (await holder.useCases.migrations.get(operator, id)).runId };
}

describe('what is asked of one replica while a call of another one hangs', () => {
  it.each([
    ['is told to it, and carried out', {}, true],
    ['is carried out also when replicas do not hear each other', { wrapBus: deaf }, false],
  ])('%s', async (_name, options, hears) => {
    const { id, runId } = await holding('GetRun', options);
    const other = await rig.started({ ...SLOW, ...options });
    await act(other, id, 'pause');
    await eventually(() => statusOfRun(runId) === Status.STATUS_PAUSED);
    // Who hears of it lets go of the call at once; who does not, loses the claim.
    expect(rig.migrator.cutShort.includes('GetRun')).toBe(hears);
    await act(other, id, 'resume');
    await eventually(() => statusOfRun(runId) === Status.STATUS_RUNNING);
    await act(other, id, 'cancel');
    await eventually(() => statusOfRun(runId) === Status.STATUS_CANCELLED);
  });

  it('is carried out when that replica is frozen', async () => {
    const { holder, id, runId } = await holding('GetRun');
    await rig.kill(holder);
    const other = await rig.started(SLOW);
    await act(other, id, 'pause');
    await eventually(() => statusOfRun(runId) === Status.STATUS_PAUSED);
  });

  it('leaves no run behind when a cancel overtakes a start', async () => {
    let arrive: () => void = () => undefined;
    rig.migrator.gates.set('StartPhase', new Promise((resolve) => (arrive = resolve)));
    const holder = await rig.started(SLOW);
    const { id } = await holder.useCases.migrations.create(operator, migrationInput(manual), undefined);
    await eventually(() => rig.migrator.countOf('StartPhase') === 1);
    const other = await rig.started(SLOW);
    await act(other, id, 'cancel');
    await until(other, id, inState('prepare', 'cancelled'));
    await eventually(() => rig.migrator.forgotten.includes(id));
    arrive();
    await eventually(() => rig.migrator.starts.length === 1);
    expect(rig.migrator.runs.size).toBe(0);
  });
});

import { commonV1, migratorV1 } from '@smartant/contracts';
import { atRest, inState, migrationInput, operator, Rig, until } from './fixtures/scheduler-under-test';
import type { SchedulerCore } from './scheduler-core';

const { REASON_LATE_WRITES, REASON_NEXT_ATTEMPT } = migratorV1.RunWait_Reason;
const UNTIL = '2026-11-23T14:00:00.000Z';
const ERROR = { code: 'STORAGE_FULL', message: 'The target has no room left.', hint: 'Make room.', retryable: true };

describe('a run that stands still', () => {
  let rig: Rig;
  let core: SchedulerCore;
  beforeEach(async () => {
    rig = await Rig.open();
    core = await rig.started();
  });
  afterEach(() => rig.close());

  it('shows why and until when, and no more once it goes on', async () => {
    rig.migrator.held.add(commonV1.Phase.PHASE_FULL);
    const { id } = await core.useCases.migrations.create(operator, migrationInput(), undefined);
    await until(core, id, inState('full', 'running'));
    const run = [...rig.migrator.runs.values()].find(({ phase }) => phase === commonV1.Phase.PHASE_FULL);
    if (!run) throw new Error('no run');
    const told = (wait: migratorV1.RunWait | undefined) => rig.migrator.runs.set(run.runId, { ...run, wait });

    told({ reason: REASON_LATE_WRITES, until: UNTIL, error: undefined });
    const late = await until(core, id, ({ waitingFor }) => waitingFor !== null);
    expect(late.waitingFor).toEqual({ reason: 'late-writes', until: UNTIL, error: null });
    told({ reason: REASON_NEXT_ATTEMPT, until: UNTIL, error: ERROR });
    const failing = await until(core, id, ({ waitingFor }) => waitingFor?.reason === 'next-attempt');
    expect(failing.waitingFor).toEqual({ reason: 'next-attempt', until: UNTIL, error: ERROR });
    told(undefined);
    await until(core, id, ({ waitingFor }) => waitingFor === null);
    rig.migrator.held.clear();
    await atRest(core, id);
  });
});

import { commonV1 } from '@smartant/contracts';
import type { EffectCall, EffectOutcome, PerformEffect } from './application/driver/perform-effect';
import { EFFECTS, type EffectKind } from './domain/migration/effects';
import type { Action } from './domain/migration/phase';
import { eventually, inState, migrationInput, operator, Rig, until } from './fixtures/scheduler-under-test';
import type { SchedulerCore } from './scheduler-core';

const { Phase, Status } = commonV1;

let rig: Rig;
beforeEach(async () => {
  rig = await Rig.open();
});
afterEach(() => rig.close());

const act = (core: SchedulerCore, id: string, action: Action) => core.useCases.migrations.act(operator, id, action, {});

/** A migration that meets every effect there is: control and limits in the full phase, a second round, and its removal. */
async function wholeLife(core: SchedulerCore): Promise<string> {
  rig.migrator.held.add(Phase.PHASE_FULL);
  const input = migrationInput({ mode: 'manual', finalize: 'manual' });
  input.spec.incrementalIntervalSeconds = 1;
  const { id } = await core.useCases.migrations.create(operator, input, undefined);
  const { runId } = await until(core, id, inState('full', 'running'));
  await core.useCases.migrations.setLimits(operator, id, { concurrency: 3 });
  await eventually(() => rig.migrator.limits?.concurrency === 3);
  await act(core, id, 'pause');
  const looks = () => rig.migrator.countOf('GetRun');
  await eventually(() => rig.migrator.runs.get(runId!)?.status === Status.STATUS_PAUSED);
  const before = looks();
  await eventually(() => looks() > before);
  await act(core, id, 'resume');
  rig.migrator.held.clear();
  await until(core, id, (migration) => migration.phase === 'incremental' && migration.round === 2);
  await until(core, id, inState('incremental', 'waiting'));
  await act(core, id, 'cutover');
  await until(core, id, inState('reversible', 'waiting'));
  await act(core, id, 'finalize');
  await until(core, id, inState('done', 'succeeded'));
  return id;
}

async function expectOneLife(core: SchedulerCore, id: string): Promise<void> {
  const done = await core.useCases.migrations.get(operator, id);
  expect(done).toMatchObject({ phase: 'done', status: 'succeeded', stuck: null, ledger: { copiedObjects: 5 } });
  const runs = new Map(rig.migrator.starts.map((start) => [start.runId, start.phase]));
  const { PHASE_PREPARE, PHASE_FULL, PHASE_INCREMENTAL, PHASE_CUTOVER } = Phase;
  const rounds = [...runs.values()].filter((phase) => phase === PHASE_INCREMENTAL).length;
  expect([...runs.values()]).toEqual([PHASE_PREPARE, PHASE_FULL, ...Array<number>(rounds).fill(PHASE_INCREMENTAL), PHASE_CUTOVER]);
  expect([...rig.migrator.runs.values()].map((run) => run.status)).toEqual(Array(runs.size).fill(Status.STATUS_SUCCEEDED));
}

it('performs every effect twice without a second run, report or count', async () => {
  const met = new Set<EffectKind>();
  const core = await rig.started({
    wrapEffects: (effects) => ({
      perform: async (kind, call) => {
        met.add(kind);
        await effects.perform(kind, call);
        return effects.perform(kind, call);
      },
    }),
  });
  const id = await wholeLife(core);
  await expectOneLife(core, id);
  await core.useCases.migrations.remove(operator, id);
  await expect(core.useCases.migrations.get(operator, id)).rejects.toMatchObject({ code: 'MIGRATION_NOT_FOUND' });
  // A cancel is the same call as the first half of a removal; the next test meets it.
  expect([...met].sort()).toEqual(EFFECTS.filter((kind) => kind !== 'cancel-run').sort());
});

it('cancels twice without harm', async () => {
  rig.migrator.held.add(Phase.PHASE_FULL);
  const core = await rig.started({
    wrapEffects: (effects) => ({
      perform: async (kind, call) => {
        await effects.perform(kind, call);
        return effects.perform(kind, call);
      },
    }),
  });
  const { id } = await core.useCases.migrations.create(operator, migrationInput(), undefined);
  const { runId } = await until(core, id, inState('full', 'running'));
  await act(core, id, 'cancel');
  await eventually(() => rig.migrator.runs.get(runId!)?.status === Status.STATUS_CANCELLED);
  await until(core, id, inState('full', 'cancelled'));
});

/** A replica whose claim is lost just before one effect, and that performs it only when all is over. Another one goes on then. */
async function zombie(at: EffectKind) {
  const survivor = await rig.replica();
  let wake: () => void = () => undefined;
  const woken = new Promise<void>((resolve) => (wake = resolve));
  const late: Promise<EffectOutcome>[] = [];
  const wrapEffects = (effects: PerformEffect) => ({
    perform: async (kind: EffectKind, call: EffectCall) => {
      if (kind !== at || late.length > 0) return effects.perform(kind, call);
      const alone = { ...call, signal: new AbortController().signal };
      const done = woken.then(() => effects.perform(kind, alone));
      done.catch(() => undefined);
      late.push(done);
      await core.database.query('UPDATE migration SET claim_token = NULL, claimed_until = NULL WHERE id = $1', [call.migration.id]);
      await survivor.start();
      return done;
    },
  });
  const core: SchedulerCore = await rig.started({ wrapEffects });
  return { core, survivor, late, wake };
}

describe('an effect that a zombie performs when its claim is lost and all is over', () => {
  const changing = EFFECTS.filter((kind) => !['cancel-run', 'remove-run', 'get-run', 'check-paused-run'].includes(kind));

  it.each(changing)('%s changes nothing any more', async (kind) => {
    const { core, survivor, late, wake } = await zombie(kind);
    const id = await wholeLife(core);
    await expectOneLife(core, id);
    const before = await core.useCases.migrations.get(operator, id);
    expect(late).toHaveLength(1);
    wake();
    await Promise.allSettled(late);
    expect(await survivor.useCases.migrations.get(operator, id)).toEqual(before);
    await expectOneLife(survivor, id);
  });

  it('resume-run is taken back while the migration is paused', async () => {
    rig.migrator.held.add(Phase.PHASE_FULL);
    const { core, late, wake } = await zombie('resume-run');
    const { id } = await core.useCases.migrations.create(operator, migrationInput(), undefined);
    const { runId } = await until(core, id, inState('full', 'running'));
    const paused = () => rig.migrator.runs.get(runId!)?.status === Status.STATUS_PAUSED;
    await act(core, id, 'pause');
    await eventually(paused);
    await act(core, id, 'resume');
    await eventually(() => late.length > 0);
    await act(core, id, 'pause');
    wake();
    await Promise.allSettled(late);
    const looks = rig.migrator.countOf('GetRun');
    await eventually(() => rig.migrator.countOf('GetRun') > looks && paused());
    expect(await core.useCases.migrations.get(operator, id)).toMatchObject({ phase: 'full', status: 'paused' });
  });
});

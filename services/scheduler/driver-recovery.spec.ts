import { commonV1, eventsV1 } from '@smartant/contracts';
import { newEvent, type DomainEvent } from '@smartant/platform/events';
import { MIGRATIONS_TOPIC } from './adapters/events/outbox-events';
import { RUNS_TOPIC } from './adapters/events/run-ended-consumer';
import type { PerformEffect } from './application/driver/perform-effect';
import type { EffectKind } from './domain/migration/effects';
import type { SchedulerCore } from './scheduler-core';
import { atRest, eventually, inState, migrationInput, operator, Rig, until } from './fixtures/scheduler-under-test';

const { Phase, Status } = commonV1;

let rig: Rig;
beforeEach(async () => {
  rig = await Rig.open();
});
afterEach(() => rig.close());

const create = async (core: SchedulerCore, cutover = {}) =>
  (await core.useCases.migrations.create(operator, migrationInput(cutover), undefined)).id;

/** A replica that dies right after an effect was carried out and before its outcome is stored. */
async function dyingReplica(at: EffectKind, phase?: string) {
  let bury: (reason: Error) => void = () => undefined;
  const grave = new Promise<never>((_, reject) => (bury = reject));
  grave.catch(() => undefined);
  let died: () => void = () => undefined;
  const death = new Promise<void>((resolve) => (died = resolve));
  const core: SchedulerCore = await rig.replica({
    wrapEffects: (effects: PerformEffect) => ({
      perform: async (kind, call) => {
        const outcome = await effects.perform(kind, call);
        if (kind !== at || (phase !== undefined && call.migration.phase !== phase)) return outcome;
        await rig.kill(core);
        died();
        return grave;
      },
    }),
  });
  await core.start();
  return { core, death, bury: () => bury(new Error('dead')) };
}

describe('a scheduler killed between an effect and the storing of its outcome', () => {
  it.each<[EffectKind, string | undefined]>([
    ['precheck', undefined],
    ['start-run', 'full'],
    ['get-run', 'cutover'],
    ['build-report', 'done'],
  ])('after %s in %s: another replica goes on, and starts no second run', async (effect, phase) => {
    const dying = await dyingReplica(effect, phase);
    const id = await create(dying.core);
    await dying.death;
    const survivor = await rig.started();
    await until(survivor, id, inState('done', 'succeeded'));
    const runs = new Map(rig.migrator.starts.map((start) => [start.runId, start.phase]));
    expect([...runs.values()]).toEqual([Phase.PHASE_PREPARE, Phase.PHASE_FULL, Phase.PHASE_INCREMENTAL, Phase.PHASE_CUTOVER]);
    dying.bury();
  });
});

describe('replicas', () => {
  it('share the work and never start a run twice', async () => {
    const cores = [await rig.started(), await rig.started(), await rig.started()];
    const ids = await Promise.all(Array.from({ length: 12 }, (_, index) => create(cores[index % 3]!)));
    await Promise.all(ids.map((id, index) => until(cores[(index + 1) % 3]!, id, inState('done', 'succeeded'))));
    expect(rig.migrator.starts).toHaveLength(12 * 4);
    expect(new Set(rig.migrator.starts.map((start) => start.runId)).size).toBe(12 * 4);
  });

  it('hand over at once when one stops', async () => {
    rig.migrator.precheckGate = new Promise(() => undefined);
    const first = await rig.started({ driver: { claimMs: 600_000, pollMs: 20 } });
    const id = await create(first);
    await eventually(() => rig.migrator.countOf('Precheck') > 0);
    await first.driver.stop();
    rig.migrator.precheckGate = Promise.resolve();
    await until(await rig.started(), id, inState('done', 'succeeded'));
  });

  it('drop the outcome of an effect whose migration was changed meanwhile', async () => {
    let reached: () => void = () => undefined;
    const atStart = new Promise<void>((resolve) => (reached = resolve));
    let release: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => (release = resolve));
    rig.migrator.held.add(Phase.PHASE_FULL);
    const core = await rig.started({
      wrapEffects: (effects) => ({
        perform: async (kind, call) => {
          const outcome = await effects.perform(kind, call);
          if (kind === 'start-run' && call.migration.phase === 'full') {
            reached();
            await gate;
          }
          return outcome;
        },
      }),
    });
    const id = await create(core);
    await atStart;
    await core.useCases.migrations.act(operator, id, 'cancel', {});
    release();
    expect(await atRest(core, id)).toMatchObject({ phase: 'full', status: 'cancelled' });
    expect([...rig.migrator.runs.values()].at(-1)?.status).toBe(Status.STATUS_CANCELLED);
  });
});

describe('a migrator', () => {
  it('that cannot be reached delays a migration and never fails it', async () => {
    rig.migrator.held.add(Phase.PHASE_FULL);
    const core = await rig.started();
    const id = await create(core);
    await until(core, id, inState('full', 'running'));
    rig.migrator.close();
    await eventually(() => rig.logLines.some((line) => line.includes('did not get through') && line.includes('get-run')));
    expect(await core.useCases.migrations.get(operator, id)).toMatchObject({ phase: 'full', status: 'running', error: null });
    rig.migrator.held.clear();
    await rig.migrator.listen();
    await until(core, id, inState('done', 'succeeded'));
  });

  it('that lost a run is told to start it again, under the same id', async () => {
    rig.migrator.held.add(Phase.PHASE_FULL);
    const core = await rig.started();
    const id = await create(core);
    const { runId, epoch } = await until(core, id, inState('full', 'running'));
    rig.migrator.runs.clear();
    await eventually(() => rig.migrator.starts.filter((start) => start.runId === runId).length === 2);
    expect(rig.migrator.starts.at(-1)).toMatchObject({ runId, epoch });
    rig.migrator.held.clear();
    await until(core, id, inState('done', 'succeeded'));
  });

  it('whose run failed passingly gets another run, after a pause', async () => {
    let failures = 1;
    rig.migrator.ending = (run) => {
      if (run.phase !== Phase.PHASE_FULL || (failures -= 1) < 0) return {};
      return {
        status: Status.STATUS_FAILED,
        ledger: undefined,
        error: { code: 'STORAGE_UNREACHABLE', message: 'm', hint: 'h', retryable: true },
      };
    };
    const core = await rig.started();
    const id = await create(core);
    const again = await until(core, id, (migration) => migration.error !== null);
    expect(again).toMatchObject({ phase: 'full', status: 'pending', error: { code: 'STORAGE_UNREACHABLE' } });
    expect(await until(core, id, inState('done', 'succeeded'))).toMatchObject({ error: null });
  });
});

describe('events', () => {
  it('wake the driver long before its next look', async () => {
    rig.migrator.held.add(Phase.PHASE_FULL);
    const core = await rig.started({ driver: { pollMs: 600_000 } });
    const id = await create(core);
    const tell = async (runId: string) => {
      const data = eventsV1.RunEnded.toJSON({ runId, migrationId: id, epoch: 1, status: Status.STATUS_SUCCEEDED }) as object;
      await core.bus.publish([
        newEvent({ type: 'io.smartant.run.finished.v1', topic: RUNS_TOPIC, key: id, workspaceId: operator.workspaceId, data }),
      ]);
    };
    const { runId } = await until(core, id, inState('full', 'running'));
    const looks = rig.migrator.countOf('GetRun');
    rig.migrator.held.clear();
    await tell(runId!);
    await eventually(() => rig.migrator.countOf('GetRun') > looks);
    await until(core, id, (migration) => migration.phase !== 'full');
  });

  it('tell of every change once, in order, with versions that grow', async () => {
    const seen: DomainEvent[] = [];
    const core = await rig.started();
    await core.bus.subscribe({ topic: MIGRATIONS_TOPIC, group: 'spec', handler: async (event) => void seen.push(event) });
    const id = await create(core);
    const done = await until(core, id, inState('done', 'succeeded'));
    await core.useCases.migrations.remove(operator, id);
    await eventually(() => seen.at(-1)?.type === 'io.smartant.migration.deleted.v1');
    const names = seen.map((event) => event.type.split('.')[3]);
    expect(names.slice(0, 4)).toEqual(['created', 'phase-started', 'phase-finished', 'phase-started']);
    expect(names.slice(-4)).toEqual(['reversible', 'phase-finished', 'phase-started', 'finalized'].slice(-3).concat('deleted'));
    const versions = seen.map((event) => event.version!);
    expect(versions).toEqual([...versions].sort((a, b) => a - b));
    expect(new Set(versions).size).toBe(versions.length);
    expect(versions.at(-1)).toBe(done.version + 1);
    expect(seen[0]).toMatchObject({ key: id, data: { migrationId: id, change: 'created', status: 'STATUS_PENDING' } });
  });
});

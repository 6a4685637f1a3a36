import { commonV1, migratorV1 } from '@smartant/contracts';
import type { DomainEvent } from '@smartant/platform/events';
import { loseAcknowledged } from '@smartant/test-servers';
import { MIGRATIONS_TOPIC } from './adapters/events/outbox-events';
import { atRest, eventually, inState, migrationInput, operator, Rig, until } from './fixtures/scheduler-under-test';
import type { SchedulerCore } from './scheduler-core';

const { Phase, Status } = commonV1;

let rig: Rig;
let core: SchedulerCore;
beforeEach(async () => {
  rig = await Rig.open();
  rig.migrator.held.add(Phase.PHASE_FULL);
  core = await rig.started();
});
afterEach(() => rig.close());

const create = async (cutover = {}) => (await core.useCases.migrations.create(operator, migrationInput(cutover), undefined)).id;

describe('a migrator that knows newer runs than the scheduler', () => {
  it('is given a new run above them, without anybody’s help', async () => {
    const id = await create();
    await until(core, id, inState('full', 'running'));
    // The scheduler's database was restored: these runs were started by it, and it has forgotten them.
    const forgotten = {
      ...migratorV1.Run.fromJSON({}),
      runId: 'run_forgotten',
      migrationId: id,
      epoch: 40,
      status: Status.STATUS_CANCELLED,
    };
    rig.migrator.runs.set(forgotten.runId, forgotten);
    rig.migrator.held.clear();
    expect(await atRest(core, id)).toMatchObject({ phase: 'done', status: 'succeeded', error: null });
    expect(rig.migrator.starts.find((start) => start.epoch > 40)).toMatchObject({ epoch: 41 });
    const timings = (await core.useCases.migrations.get(operator, id)).timings;
    expect(timings.filter((timing) => timing.phase === 'incremental').map((timing) => timing.outcome)).toEqual(['failed', 'succeeded']);
  });
});

describe('a run that its migrator ended to be revalidated', () => {
  it('is replaced by another one, as often as needed, and counts no attempt', async () => {
    const id = await create();
    const before = await until(core, id, inState('full', 'running'));
    let ends = 2;
    const error = { code: 'RUN_REVALIDATE', message: 'm', hint: 'h', retryable: true };
    rig.migrator.ending = (run) => (run.phase === Phase.PHASE_FULL && (ends -= 1) >= 0 ? { status: Status.STATUS_FAILED, error } : {});
    rig.migrator.held.clear();
    expect(await atRest(core, id)).toMatchObject({ phase: 'done', status: 'succeeded', error: null });
    const full = rig.migrator.starts.filter((start) => start.phase === Phase.PHASE_FULL);
    expect(new Set(full.map((start) => start.runId)).size).toBe(3);
    expect(full.at(-1)!.epoch).toBe(before.epoch + 2);
  });
});

describe('a database that no longer has what it acknowledged', () => {
  it('has its migrations revalidated before anything is done for them, once', async () => {
    const id = await create();
    const before = await until(core, id, inState('full', 'running'));
    const other = await rig.started();
    const incarnation = core.database.incarnation!.id;
    await loseAcknowledged(core.database);
    const after = await untilAnswered(id, (migration) => migration.runId !== before.runId && migration.status === 'running');
    expect(after).toMatchObject({ phase: 'full', epoch: before.epoch + 1, findings: [{ code: 'STATE_RESTORED' }] });
    expect(core.database.incarnation!.id).not.toBe(incarnation);
    // The other replica may hear of it later; until then it says that of the incarnation before.
    await eventually(() => {
      const { id: seen, isRevalidated } = other.database.incarnation!;
      return seen === core.database.incarnation!.id && isRevalidated;
    });
    // Those that come later were never of another incarnation, also for replicas that start later.
    const later = await create();
    await (await rig.started()).useCases.migrations.get(operator, later);
    rig.migrator.held.clear();
    expect(await atRest(core, later)).toMatchObject({ status: 'succeeded', findings: [] });
    expect(await atRest(core, id)).toMatchObject({ status: 'succeeded' });
  });

  /** As `until`, while the database may not be let in to. */
  async function untilAnswered(id: string, condition: Parameters<typeof until>[2]) {
    for (;;) {
      const found = await until(core, id, condition).catch((error: { code?: string }) => {
        if (error.code !== 'DATABASE_UNAVAILABLE') throw error;
      });
      if (found) return found;
    }
  }
});

describe('another incarnation of the databases', () => {
  it('gives each active run a successor, once, and leaves what is verified', async () => {
    const seen: DomainEvent[] = [];
    await core.bus.subscribe({ topic: MIGRATIONS_TOPIC, group: 'spec', handler: async (event) => void seen.push(event) });
    rig.migrator.held.clear();
    const verified = await create({ mode: 'manual', finalize: 'manual' });
    await until(core, verified, inState('incremental', 'waiting'));
    await core.useCases.migrations.act(operator, verified, 'cutover', {});
    await until(core, verified, inState('reversible', 'waiting'));
    const ended = await create();
    await atRest(core, ended);
    rig.migrator.held.add(Phase.PHASE_FULL);
    const active = await create();
    const paused = await create();
    const before = await until(core, active, inState('full', 'running'));
    const pausedRun = await until(core, paused, inState('full', 'running'));
    await core.useCases.migrations.act(operator, paused, 'pause', {});
    await eventually(() => rig.migrator.runs.get(pausedRun.runId!)?.status === Status.STATUS_PAUSED);

    const replicas = [core, await rig.started(), await rig.started()];
    const counts = await Promise.all(replicas.map((replica) => replica.revalidate('inc_2')));
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(3);
    expect(await core.revalidate('inc_2')).toBe(0);

    const after = await until(core, active, (migration) => migration.runId !== before.runId && migration.status === 'running');
    expect(after).toMatchObject({ phase: 'full', epoch: before.epoch + 1, findings: [{ code: 'STATE_RESTORED' }] });
    expect(await core.useCases.migrations.get(operator, paused)).toMatchObject({ status: 'paused', runId: pausedRun.runId });
    expect(await core.useCases.migrations.get(operator, verified)).toMatchObject({ phase: 'reversible', status: 'waiting' });
    expect((await core.useCases.migrations.get(operator, ended)).findings).toEqual([]);
    rig.migrator.held.clear();
    await core.useCases.migrations.act(operator, paused, 'resume', {});
    for (const id of [active, paused]) expect(await atRest(core, id)).toMatchObject({ phase: 'done', status: 'succeeded' });
    await eventually(() => seen.filter((event) => event.type === 'io.smartant.migration.revalidated.v1').length === 3);
  });

  it('holds what would copy on after a restore from a backup, until somebody says that it may', async () => {
    rig.migrator.held.clear();
    const verified = await create({ mode: 'manual', finalize: 'manual' });
    await until(core, verified, inState('incremental', 'waiting'));
    await core.useCases.migrations.act(operator, verified, 'cutover', {});
    await until(core, verified, inState('reversible', 'waiting'));
    const between = await create({ mode: 'manual', finalize: 'manual' });
    await until(core, between, inState('incremental', 'waiting'));
    rig.migrator.held.add(Phase.PHASE_FULL);
    const active = await create();
    const before = await until(core, active, inState('full', 'running'));

    expect(await core.revalidate('inc_2', { isRestored: true })).toBe(3);
    for (const [id, phase] of [
      [active, 'full'],
      [between, 'incremental'],
    ] as const) {
      const held = await core.useCases.migrations.get(operator, id);
      expect(held).toMatchObject({ phase, status: 'paused', findings: [{ code: 'STATE_RESTORED' }, { code: 'HELD_AFTER_RESTORE' }] });
    }
    expect(await core.useCases.migrations.get(operator, verified)).toMatchObject({ phase: 'reversible', status: 'waiting' });
    rig.migrator.held.clear();
    for (const id of [active, between]) await core.useCases.migrations.act(operator, id, 'resume', {});
    await core.useCases.migrations.act(operator, between, 'cutover', {});
    await until(core, between, inState('reversible', 'waiting'));
    expect(await atRest(core, active)).toMatchObject({ phase: 'done', status: 'succeeded' });
    expect((await core.useCases.migrations.get(operator, active)).runId).not.toBe(before.runId);
  });
});

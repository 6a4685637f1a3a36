import { commonV1 } from '@smartant/contracts';
import type { DomainEvent } from '@smartant/platform/events';
import { registry } from '@smartant/platform/metrics';
import { MIGRATIONS_TOPIC } from './adapters/events/outbox-events';
import { publishStuckEffects } from './adapters/observability/effect-telemetry';
import type { EffectKind } from './domain/migration/effects';
import { eventually, inState, migrationInput, operator, Rig, until } from './fixtures/scheduler-under-test';

const { Phase } = commonV1;

let rig: Rig;
beforeEach(async () => {
  rig = await Rig.open();
  rig.migrator.held.add(Phase.PHASE_FULL);
});
afterEach(async () => {
  rig.migrator.gates.clear();
  await rig.close();
});

describe('an effect that does not go through', () => {
  it('is shown with its last error and since when, told by event and metric, tried on, and gone when it went through', async () => {
    const seen: DomainEvent[] = [];
    const core = await rig.started({ driver: { claimMs: 1_000, pollMs: 20, stuckAfterMs: 100 } });
    await core.bus.subscribe({ topic: MIGRATIONS_TOPIC, group: 'spec', handler: async (event) => void seen.push(event) });
    const { id } = await core.useCases.migrations.create(operator, migrationInput(), undefined);
    const running = await until(core, id, inState('full', 'running'));
    rig.migrator.close();
    const stuck = await until(core, id, (migration) => migration.stuck !== null);
    expect(stuck).toMatchObject({
      phase: 'full',
      status: 'running',
      error: null,
      stuck: { effect: 'get-run', error: { retryable: true } },
    });
    expect(Date.parse(stuck.stuck!.since)).toBeGreaterThanOrEqual(Date.parse(running.createdAt));
    expect(stuck.stuck!.error.code).not.toBe('');
    await publishStuckEffects(core.unitOfWork.direct.migrations);
    expect(await registry.metrics()).toMatch(/smartant_effects_stuck\{.*effect="get-run".*\} 1/);

    rig.migrator.held.clear();
    await rig.migrator.listen();
    await until(core, id, inState('done', 'succeeded'));
    expect((await core.useCases.migrations.get(operator, id)).stuck).toBeNull();
    await publishStuckEffects(core.unitOfWork.direct.migrations);
    expect(await registry.metrics()).not.toMatch(/smartant_effects_stuck\{.*effect="get-run"/);
    await eventually(() => seen.some((event) => event.type === 'io.smartant.migration.finalized.v1'));
    const told = seen.map((event) => event.type.split('.')[3]).filter((name) => name?.endsWith('stuck'));
    expect(told).toEqual(['stuck', 'unstuck']);
    expect(seen.find((event) => event.type.includes('.stuck.'))).toMatchObject({ data: { errorCode: stuck.stuck!.error.code } });
    expect(rig.logLines.some((line) => line.includes('"change":"stuck"'))).toBe(true);
  });

  it('is found also when its replica dies over it each time', async () => {
    const core = await rig.replica();
    await core.useCases.migrations.create(operator, migrationInput(), undefined);
    const { migrations } = core.unitOfWork.direct;
    const [first] = await migrations.claim('dies', 0, 1);
    expect(first).toMatchObject({ failures: 0, failingSinceMs: null });
    const [second] = await migrations.claim('dies-too', 0, 1);
    expect(second).toMatchObject({ failures: 1, failingSinceMs: expect.any(Number) });
    const [third] = await migrations.claim('lives', 60_000, 1);
    expect(third).toMatchObject({ failures: 2, failingSinceMs: second!.failingSinceMs });
  });
});

describe('an effect that hangs', () => {
  const deadlines = (hanging: EffectKind) => (kind: EffectKind) => (kind === hanging ? 200 : 60_000);
  const waits = { claimMs: 600_000, pollMs: 20 };

  it('is cut short at its deadline and tried again', async () => {
    const core = await rig.started({ driver: { ...waits, deadlineMs: deadlines('get-run') } });
    const { id } = await core.useCases.migrations.create(operator, migrationInput(), undefined);
    await until(core, id, inState('full', 'running'));
    rig.migrator.gates.set('GetRun', new Promise(() => undefined));
    await eventually(() => rig.logLines.some((line) => line.includes('EFFECT_TIMED_OUT')));
    rig.migrator.gates.clear();
    rig.migrator.held.clear();
    await until(core, id, inState('done', 'succeeded'));
  });

  it('is left behind when it does not heed its signal', async () => {
    let hung = 0;
    const core = await rig.started({
      driver: { ...waits, deadlineMs: deadlines('precheck') },
      wrapEffects: (effects) => ({
        perform: (kind, call) => (kind === 'precheck' && (hung += 1) === 1 ? new Promise(() => undefined) : effects.perform(kind, call)),
      }),
    });
    rig.migrator.held.clear();
    const { id } = await core.useCases.migrations.create(operator, migrationInput(), undefined);
    await until(core, id, inState('done', 'succeeded'));
    expect(hung).toBe(2);
  });
});

import { commonV1 } from '@smartant/contracts';
import type { EventBus } from '@smartant/platform/events';
import type { DrivenMigration } from './domain/migration/driven-migration';
import { atRest, eventually, inState, migrationInput, operator, Rig, until } from './fixtures/scheduler-under-test';

const { Phase, Status } = commonV1;

let rig: Rig;
beforeEach(async () => {
  rig = await Rig.open();
});
afterEach(() => rig.close());

/** A bus that takes everything and delivers nothing: no event, no broadcast, to nobody. */
function black(bus: EventBus): EventBus {
  const silent: Record<string, unknown> = {
    publish: async () => undefined,
    broadcast: async () => undefined,
    subscribe: async () => ({ close: async () => undefined }),
    onBroadcast: async () => ({ close: async () => undefined }),
  };
  return new Proxy(bus, { get: (target, name) => silent[String(name)] ?? (Reflect.get(target, name) as () => void).bind(target) });
}

it('finishes every migration with every event and every broadcast lost', async () => {
  const cores = [await rig.started({ wrapBus: black }), await rig.started({ wrapBus: black }), await rig.started({ wrapBus: black })];
  const [one, two, three] = cores as [(typeof cores)[0], (typeof cores)[0], (typeof cores)[0]];
  const create = async (cutover = {}) => (await one.useCases.migrations.create(operator, migrationInput(cutover), undefined)).id;
  const automatic = await Promise.all(Array.from({ length: 6 }, () => create()));
  const asked = await create({ mode: 'manual', finalize: 'manual' });
  rig.migrator.held.add(Phase.PHASE_FULL);
  const cancelled = await create();
  const { runId } = await until(two, cancelled, inState('full', 'running'));
  await two.useCases.migrations.act(operator, cancelled, 'pause', {});
  await eventually(() => rig.migrator.runs.get(runId!)?.status === Status.STATUS_PAUSED);
  await three.useCases.migrations.act(operator, cancelled, 'cancel', {});
  rig.migrator.held.clear();

  await until(two, asked, inState('incremental', 'waiting'));
  await three.useCases.migrations.act(operator, asked, 'cutover', {});
  await until(one, asked, inState('reversible', 'waiting'));
  await two.useCases.migrations.act(operator, asked, 'finalize', {});
  for (const id of [...automatic, asked]) expect(await atRest(three, id)).toMatchObject({ phase: 'done', status: 'succeeded' });
  expect(await atRest(one, cancelled)).toMatchObject({ phase: 'full', status: 'cancelled' });
});

it('asks nothing of the migrator for a thousand migrations that wait, and moves the one that does not', async () => {
  const core = await rig.replica({ wrapBus: black });
  const { id } = await core.useCases.migrations.create(operator, migrationInput({ mode: 'manual' }), undefined);
  const { migrations } = core.unitOfWork.direct;
  const [claim] = await migrations.claim('seed', 60_000, 1);
  const waiting: DrivenMigration = {
    ...claim!.migration,
    phase: 'incremental',
    status: 'waiting',
    order: 'none',
    notBefore: new Date(claim!.nowMs + 3_600_000).toISOString(),
  };
  await migrations.abandon(claim!);
  for (let index = 0; index < 1_000; index += 1) await migrations.insert({ ...waiting, id: `mig_idle_${index}`, runId: null });
  await core.start();
  await until(core, id, inState('incremental', 'waiting'));
  // Each was looked at once, found to wait for an hour, and is not claimed again.
  await eventually(async () => ((await migrations.nextDueInMs()) ?? 0) > 3_000_000);
  const calls = rig.migrator.calls.length;
  expect(await migrations.claim('spec', 60_000, 2_000)).toEqual([]);
  expect(rig.migrator.calls).toHaveLength(calls);
});

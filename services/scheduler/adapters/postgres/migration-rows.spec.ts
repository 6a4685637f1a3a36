import type { Claim, UnitOfWork } from '../../application/ports/unit-of-work';
import type { DrivenMigration } from '../../domain/migration/driven-migration';
import { DEFAULT_STORAGE_SCOPE, NO_LIMITS } from '../../domain/migration/migration-spec';
import { createMigration } from '../../domain/migration/transitions';
import { DEFAULT_WORKSPACE, Rig } from '../../fixtures/scheduler-under-test';

let rig: Rig;
let unitOfWork: UnitOfWork;
let runs = 0;

const LONG_MS = 60_000;
const migration = (id: string): DrivenMigration =>
  createMigration(
    {
      id,
      workspaceId: DEFAULT_WORKSPACE,
      name: 'hostile \u0000 name',
      createdBy: 'usr_1',
      traceContext: {},
      spec: {
        kind: 'storage',
        sourceEndpointId: 'ep_1',
        targetEndpointId: 'ep_2',
        storage: { ...DEFAULT_STORAGE_SCOPE, filesFrom: ['a\u0000b', '\ud83d\ude00'] },
        limits: NO_LIMITS,
        cutover: { mode: 'manual', sourceFrozen: false, finalize: 'manual' },
        incrementalIntervalSeconds: 60,
      },
    },
    { nowMs: Date.now(), newRunId: () => `run_${(runs += 1)}` },
  ).migration;

const rows = () => unitOfWork.direct.migrations;
const claimOne = async (claimMs = LONG_MS): Promise<Claim> => (await rows().claim(`token-${(runs += 1)}`, claimMs, 1))[0]!;

beforeAll(async () => {
  rig = await Rig.open();
  unitOfWork = (await rig.replica()).unitOfWork;
});
afterAll(() => rig.close());
afterEach(async () => {
  for (const claim of await rows().claim('clean', LONG_MS, 100)) await rows().delete(claim);
});

const forget = async (claim: Claim) => {
  await rows().abandon(claim);
  await rows().delete({ ...(await claimOne()), migration: claim.migration });
};

describe('stored migrations', () => {
  it('come back as they were, hostile text included', async () => {
    const stored = migration('mig_1');
    await rows().insert(stored);
    expect(await rows().find(DEFAULT_WORKSPACE, 'mig_1')).toEqual(stored);
    expect(await rows().find('ws_other', 'mig_1')).toBeNull();
    expect(await rows().findByRun(stored.runId!)).toEqual({ migration: stored, epoch: 1 });
    expect(await rows().activeUserOf('ep_2')).toBe('mig_1');
    expect(await rows().census()).toEqual([{ phase: 'precheck', status: 'pending', count: 1 }]);
  });
});

describe('a claim', () => {
  it('is one replica’s alone, until it runs out on the database’s clock', async () => {
    await rows().insert(migration('mig_1'));
    const claims = await Promise.all(Array.from({ length: 8 }, (_, index) => rows().claim(`t${index}`, LONG_MS, 10)));
    expect(claims.flat()).toHaveLength(1);
    const claim = claims.flat()[0]!;
    expect(await rows().nextDueInMs()).toBeGreaterThan(LONG_MS / 2);
    expect(await rows().renew(claim, -1)).toBe('kept');
    const taken = await claimOne();
    expect(await rows().renew(claim, LONG_MS)).toBe('lost');
    expect(await rows().settle(claim, claim.migration, 0)).toBe(false);
    await forget(taken);
  });

  it('tells how long the migration had been due', async () => {
    await rows().insert(migration('mig_1'));
    const first = await claimOne();
    await rows().settle(first, first.migration, -60_000);
    const late = await claimOne();
    expect(late.overdueMs).toBeGreaterThanOrEqual(60_000);
    expect(late.overdueMs).toBeLessThanOrEqual(60_000 + late.nowMs - first.nowMs);
    await forget(late);
  });

  it('takes the longest due first', async () => {
    for (const id of ['mig_2', 'mig_1']) await rows().insert(migration(id));
    const claims = [await claimOne(), await claimOne()];
    expect(claims.map((claim) => claim.migration.id)).toEqual(['mig_2', 'mig_1']);
    for (const claim of claims) await rows().abandon(claim);
  });

  it('is kept while a user changes the migration, but its result is dropped', async () => {
    await rows().insert(migration('mig_1'));
    const claim = await claimOne();
    await unitOfWork.transaction(async ({ migrations }) => {
      const locked = await migrations.lock(DEFAULT_WORKSPACE, 'mig_1');
      await migrations.update({ ...locked!, name: 'changed' });
    });
    expect(await rows().renew(claim, LONG_MS)).toBe('changed');
    expect(await rows().settle(claim, { ...claim.migration, name: 'mine' }, null)).toBe(false);
    expect(await rows().delete(claim)).toBe(false);
    await rows().release(claim, LONG_MS);
    const again = await claimOne();
    expect(again).toMatchObject({ failures: 0, revision: claim.revision + 1, migration: { name: 'changed' } });
    await forget(again);
  });

  it('counts failures until an outcome is stored, and lets nobody look before it is due', async () => {
    await rows().insert(migration('mig_1'));
    await rows().release(await claimOne(), 0);
    const second = await claimOne();
    expect(second.failures).toBe(1);
    expect(await rows().settle(second, { ...second.migration, status: 'paused' }, LONG_MS)).toBe(true);
    expect(await rows().claim('t', LONG_MS, 1)).toEqual([]);
    await rows().makeDue('mig_1', 'run_of_another');
    expect(await rows().claim('t', LONG_MS, 1)).toEqual([]);
    await rows().makeDue('mig_1', second.migration.runId!);
    const third = await claimOne();
    expect(third).toMatchObject({ failures: 0, migration: { status: 'paused' } });
    expect(await rows().settle(third, third.migration, null)).toBe(true);
    expect(await rows().nextDueInMs()).toBeNull();
    await rows().update(third.migration);
  });

  it('keeps the specification that the effect did not change, and every run that it had', async () => {
    await rows().insert(migration('mig_1'));
    const claim = await claimOne();
    expect(await rows().settle(claim, { ...claim.migration, runId: 'run_next', epoch: 2 }, 0)).toBe(true);
    const next = await claimOne();
    expect(next.migration.spec).toEqual(claim.migration.spec);
    expect((await rows().findByRun(claim.migration.runId!))?.epoch).toBe(1);
    expect((await rows().findByRun('run_next'))?.epoch).toBe(2);
    await rows().abandon(next);
  });
});

describe('claims of many workspaces', () => {
  const OTHER_WORKSPACE = 'ws_00000000000070008000000000000002';

  it('go to the workspace that holds the fewest, then to what is due longest', async () => {
    const core = await rig.replica();
    await core.database.query('INSERT INTO workspace (id, name) VALUES ($1, $1) ON CONFLICT DO NOTHING', [OTHER_WORKSPACE]);
    for (let index = 0; index < 20; index += 1) await rows().insert(migration(`mig_crowd_${String(index).padStart(2, '0')}`));
    for (const id of ['mig_late_1', 'mig_late_2']) await rows().insert({ ...migration(id), workspaceId: OTHER_WORKSPACE });
    const names = (claims: Claim[]) => claims.map((claim) => claim.migration.id).sort();
    const first = await rows().claim('first', LONG_MS, 2);
    expect(names(first)).toEqual(['mig_crowd_00', 'mig_late_1']);
    const second = await rows().claim('second', LONG_MS, 3);
    expect(names(second)).toEqual(['mig_crowd_01', 'mig_crowd_02', 'mig_late_2']);
    for (const claim of [...first, ...second]) await rows().abandon(claim);
  });
});

describe('a claim that a user’s change outdated', () => {
  it('ends within a second, and cannot be lengthened', async () => {
    await rows().insert(migration('mig_1'));
    const claim = await claimOne();
    await unitOfWork.transaction(async ({ migrations }) => {
      await migrations.update({ ...(await migrations.lock(DEFAULT_WORKSPACE, 'mig_1'))!, name: 'changed' });
    });
    expect(await rows().renew(claim, LONG_MS)).toBe('changed');
    expect(await rows().nextDueInMs()).toBeLessThanOrEqual(1_000);
    await rows().abandon(claim);
  });
});

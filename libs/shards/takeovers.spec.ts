import { HeldShard } from './held-shard';
import { nothing, ShardRig, until } from './fixtures/shard-rig';
import { ShardStore } from './shard-store';

const MINUTE_MS = 60_000;

describe('takeovers', () => {
  let rig: ShardRig;
  beforeAll(async () => {
    rig = await ShardRig.start({ leaseMs: 9_000, writeDeadlineMs: MINUTE_MS });
  });
  afterAll(() => rig.stop());
  beforeEach(() => rig.clear());

  /** How far the horizon is from the database's now, in milliseconds; null when there is none. */
  const horizonInMs = async (migrationId: string): Promise<number | null> => {
    const horizon = await rig.store.zombieHorizon(rig.database, migrationId);
    const [clock] = await rig.database.query<{ now: Date }>('SELECT clock_timestamp() AS now');
    return horizon && horizon.getTime() - clock!.now.getTime();
  };

  it('counts the holders in a row that let go without a checkpoint, and waits longer after each', async () => {
    await rig.addRun('r', 1);
    expect(await rig.claim()).toMatchObject({ takeovers: 0, takenOver: false });
    await rig.expire();
    expect(await rig.claim('b')).toMatchObject({ takeovers: 1, takenOver: true });
    await rig.expire();
    expect(await rig.store.claim('c')).toEqual([]);
    await rig.expire(1);
    expect(await rig.claim('c')).toMatchObject({ takeovers: 2 });
    await rig.expire(1);
    expect(await rig.store.claim('d')).toEqual([]);
    await rig.database.query('UPDATE shard SET takeovers = 30');
    await rig.expire(60);
    const late = await rig.claim('d');
    expect(late.takeovers).toBe(31);
    await rig.store.checkpoint(late, { position: 'on', ledger: {} });
    await rig.expire();
    expect(await rig.claim('e')).toMatchObject({ takeovers: 1, position: 'on' });
  });

  it('keeps verification away from the target until no former holder can write any more', async () => {
    await rig.addRun('r', 1);
    await rig.claim('zombie');
    expect(await horizonInMs('mig-of-r')).toBeNull();
    await rig.expire();
    const heir = await rig.claim('heir');
    expect(await horizonInMs('mig-of-r')).toBeGreaterThan(MINUTE_MS - 10_000);
    await rig.store.complete(
      heir,
      { position: null, ledger: {} },
      {
        onLast: async (tx) => {
          await rig.store.addShards(tx, 'r', [{ kind: 'verify', ordinal: 0, range: null, writes: false }], { afterZombies: true });
          await rig.store.addShards(tx, 'r', [{ kind: 'finish', ordinal: 1, range: null }]);
        },
      },
    );
    expect(await rig.claim()).toMatchObject({ kind: 'finish' });
    expect(await rig.store.claim('a')).toEqual([]);
    const [verify] = await rig.database.query<{ waits: boolean }>(
      `SELECT not_before = (SELECT max(until) FROM shard_zombie) AS waits FROM shard WHERE kind = 'verify'`,
    );
    expect(verify).toEqual({ waits: true });
    await rig.database.query(`UPDATE shard SET not_before = clock_timestamp() WHERE kind = 'verify'`);
    expect(await rig.claim()).toMatchObject({ kind: 'verify', writes: false });
  });

  it('does not wait where nothing was taken over, where only readers were, or for another migration', async () => {
    await rig.addRun('reads', 1, {}, { writes: false });
    await rig.claim();
    await rig.expire();
    await rig.complete(await rig.claim());
    expect(await horizonInMs('mig-of-reads')).toBeNull();
    await rig.addRun('writes', 1);
    await rig.claim();
    await rig.expire();
    await rig.claim();
    await rig.addRun('other', 1);
    await rig.database.transaction((tx) =>
      rig.store.addShards(tx, 'other', [{ kind: 'verify', ordinal: 0, range: 'now' }], { afterZombies: true }),
    );
    expect(await rig.store.claim('a', 3)).toHaveLength(2);
  });

  it('takes the holders of a cancelled run for zombies until their leases and last requests have run out, in later runs too', async () => {
    await rig.addRun('old', 2, { migrationId: 'm' });
    await rig.store.claim('a', 1);
    await rig.database.transaction((tx) => rig.store.setRunState(tx, 'old', 'ended'));
    expect(await rig.database.query('SELECT 1 FROM shard')).toEqual([]);
    expect(await horizonInMs('m')).toBeGreaterThan(MINUTE_MS);
    await rig.addRun('new', 1, { migrationId: 'm' });
    await rig.store.complete(
      await rig.claim(),
      { position: null, ledger: {} },
      { onLast: (tx) => rig.store.addShards(tx, 'new', [{ kind: 'verify', ordinal: 0, range: null }], { afterZombies: true }) },
    );
    expect(await rig.store.claim('a')).toEqual([]);
    await rig.database.transaction((tx) => rig.store.forgetMigration(tx, 'm'));
    expect(await horizonInMs('m')).toBeNull();
  });

  it('remembers a write whose outcome nobody heard', async () => {
    await rig.addRun('r', 1);
    const held = new HeldShard(await rig.claim(), rig.store, performance.now());
    await held.mayLandLate();
    expect(await horizonInMs('mig-of-r')).toBeGreaterThan(MINUTE_MS - 10_000);
    await held.release();
  });

  it('takes over from a process that stopped in the middle of a transaction', async () => {
    await rig.addRun('r', 1);
    const held = new ShardStore(rig.database, { leaseMs: 1_000 });
    const [claim] = await held.claim('stopped');
    const { promise: wakes, resolve: wake } = Promise.withResolvers<void>();
    const { promise: stops, resolve: stop } = Promise.withResolvers<void>();
    const stopped = held.checkpoint(claim!, { position: 'late', ledger: {} }, () => (stop(), wakes));
    const lost = expect(stopped).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE' });
    await stops;
    await until(async () => (await rig.store.claim('heir')).length > 0);
    wake();
    await lost;
  }, 20_000);

  it('does not count a worker that was only slow, and lives, as a death', async () => {
    await rig.addRun('r', 1);
    const slow = await rig.claim();
    await rig.expire();
    await rig.store.giveUp(slow);
    const next = await rig.claim('b');
    expect(next).toMatchObject({ takeovers: 0, takenOver: false, epoch: slow.epoch + 1 });
    expect(await horizonInMs('mig-of-r')).toBeGreaterThan(MINUTE_MS - 10_000);
    await rig.store.giveUp(slow);
    await rig.store.checkpoint(next, { position: 1, ledger: {} });
  });

  it('lets two takers of an expired lease win once', async () => {
    await rig.addRun('r', 1);
    await rig.claim();
    await rig.expire();
    const claims = (await Promise.all(Array.from({ length: 8 }, (_, n) => rig.store.claim(`w${n}`)))).flat();
    expect(claims).toHaveLength(1);
    expect(await rig.database.query('SELECT epoch FROM shard_zombie')).toEqual([{ epoch: 1 }]);
  });

  it('writes as a zombie when fencing is off, so that a test which looks for lost or doubled work finds it', async () => {
    await rig.addRun('r', 1);
    const unfenced = new ShardStore(rig.database, { fencing: 'off' });
    const [zombie] = await unfenced.claim('zombie');
    await rig.expire();
    const heir = await rig.claim('heir');
    await unfenced.checkpoint(zombie!, { position: 'stale', ledger: { copied: 1 } });
    await rig.complete(heir, { copied: 1 });
    await unfenced.complete(zombie!, { position: null, ledger: { copied: 1 } }, { onLast: nothing });
    expect((await rig.store.summary('r'))?.ledger).toEqual({ copied: 3 });
  });
});

import { HeldShard } from './held-shard';
import { ShardRig } from './fixtures/shard-rig';

const LEASE_MS = 9_000;

describe('HeldShard', () => {
  let rig: ShardRig;
  let now: jest.SpyInstance<number, []>;
  let wall: jest.SpyInstance<number, []>;

  beforeAll(async () => {
    rig = await ShardRig.start({ leaseMs: LEASE_MS });
  });
  afterAll(() => rig.stop());
  beforeEach(async () => {
    await rig.clear();
    await rig.addRun('r', 1);
    now = jest.spyOn(performance, 'now').mockReturnValue(1_000);
    wall = jest.spyOn(Date, 'now').mockReturnValue(1_700_000_000_000);
  });
  afterEach(() => jest.restoreAllMocks());

  const hold = async (): Promise<HeldShard> => new HeldShard(await rig.claim(), rig.store, 1_000);
  const lost = expect.objectContaining({ code: 'SHARD_LEASE_LOST' });

  it('lets nothing be written from the moment at which the lease may have run out, before any timer fires', async () => {
    const shard = await hold();
    now.mockReturnValue(1_000 + LEASE_MS - 1);
    shard.assertFresh();
    now.mockReturnValue(1_000 + LEASE_MS);
    expect(() => shard.assertFresh()).toThrow(lost);
    expect(shard.isLost).toBe(true);
    expect(shard.signal.reason).toEqual(lost);
    // Not even after a renewal that was under way: its handler has been told.
    shard.renewed(1_000 + LEASE_MS);
    expect(() => shard.assertFresh()).toThrow(lost);
  });

  it('counts from when a renewal was sent, not from its answer', async () => {
    const shard = await hold();
    now.mockReturnValue(5_000);
    shard.renewed(3_000);
    now.mockReturnValue(3_000 + LEASE_MS - 1);
    shard.assertFresh();
    now.mockReturnValue(3_000 + LEASE_MS);
    expect(() => shard.assertFresh()).toThrow(lost);
  });

  it('is renewed by a checkpoint', async () => {
    const shard = await hold();
    now.mockReturnValue(6_000);
    await shard.checkpoint({ position: 1, ledger: {} });
    now.mockReturnValue(6_000 + LEASE_MS - 1);
    shard.assertFresh();
    await shard.release();
  });

  it('notices the sleep of a whole machine, which the monotonic clock does not count', async () => {
    const shard = await hold();
    wall.mockReturnValue(1_700_000_000_000 + LEASE_MS);
    expect(() => shard.assertFresh()).toThrow(lost);
  });

  it('lets nothing be written once it is handed back or done', async () => {
    const shard = await hold();
    await shard.release();
    expect(() => shard.assertFresh()).toThrow(lost);
  });

  it('asks for help once in a while, as long as workers are idle, and not before it was held for some time', async () => {
    const shard = await hold();
    let asked = 0;
    shard.onHelpWanted(() => (asked += 1));
    const offer = (atMs: number, idle = true): boolean => {
      now.mockReturnValue(atMs);
      shard.offerHelp(idle, 5_000);
      return shard.helpWanted;
    };
    expect([offer(5_999), offer(6_000), offer(6_500), asked]).toEqual([false, true, true, 1]);
    await shard.split('keep', 'rest');
    expect([shard.helpWanted, offer(11_499), offer(11_500), asked]).toEqual([false, false, true, 2]);
    expect([offer(11_600, false), offer(16_499), offer(16_500), asked]).toEqual([false, false, true, 3]);
    await shard.release();
    expect(shard.helpWanted).toBe(false);
  });
});

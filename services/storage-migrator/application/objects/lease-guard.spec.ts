import { leaseGuard } from './lease-guard';

/** A shard whose records are made when the test says so. */
function shard() {
  const records: { done: () => void; fail: (error: Error) => void }[] = [];
  let lost = false;
  return {
    records,
    isLost: () => lost,
    assertFresh: () => undefined,
    mayLandLate: () => new Promise<void>((done, fail) => records.push({ done, fail })),
    lose: () => void (lost = true),
  };
}

const settle = () => new Promise((resolve) => setImmediate(resolve));

describe('the lease guard', () => {
  it('makes one record for all writes that are cut off at once, and another for one that comes later', async () => {
    const held = shard();
    const guard = leaseGuard(held);
    const first = Promise.all([guard.mayLandLate(), guard.mayLandLate(), guard.mayLandLate()]);
    await settle();
    expect(held.records).toHaveLength(1);
    // The first record's moment has passed: it says nothing of this write.
    const later = guard.mayLandLate();
    await settle();
    expect(held.records).toHaveLength(1);
    held.records[0]?.done();
    await first;
    await settle();
    expect(held.records).toHaveLength(2);
    held.records[1]?.done();
    await later;
  });

  it('gives up the shard when no record can be made', async () => {
    const held = shard();
    const late = leaseGuard(held).mayLandLate();
    await settle();
    held.records[0]?.fail(new Error('no database'));
    await expect(late).rejects.toThrow('no database');
    expect(held.isLost()).toBe(true);
  });
});

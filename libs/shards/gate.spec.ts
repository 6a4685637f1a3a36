import { Gate } from './gate';

const never = new AbortController().signal;

describe('Gate', () => {
  it('is fair: a large demand is not passed by small ones that came later', async () => {
    const gate = new Gate(10);
    const leave = await gate.enter(never, 6);
    const order: string[] = [];
    const large = gate.enter(never, 8).then((give) => (order.push('large'), give));
    const small = gate.enter(never, 1).then((give) => (order.push('small'), give));
    leave();
    (await large)();
    (await small)();
    expect(order).toEqual(['large', 'small']);
    expect(gate.inUse).toBe(0);
  });

  it('lets a demand above the limit in alone', async () => {
    const gate = new Gate(10);
    (await gate.enter(never, 100))();
    expect(gate.inUse).toBe(0);
  });

  it('obeys a raised limit at once, and an abort while waiting', async () => {
    const gate = new Gate(1);
    await gate.enter(never);
    const abort = new AbortController();
    const refused = expect(gate.enter(abort.signal)).rejects.toThrow('no more');
    abort.abort(new Error('no more'));
    await refused;
    const second = gate.enter(never);
    gate.setLimit(2);
    await second;
    expect(gate.inUse).toBe(2);
  });

  it('is shut at 0, and while its owner says so', async () => {
    let open = false;
    const gate = new Gate(0, () => open);
    expect(gate.tryEnter()).toBeNull();
    open = true;
    expect(gate.tryEnter()).toBeNull();
    const entered = gate.enter(never);
    expect(gate.waiting).toBe(1);
    gate.setLimit(1);
    (await entered)();
    open = false;
    expect(gate.tryEnter()).toBeNull();
  });
});

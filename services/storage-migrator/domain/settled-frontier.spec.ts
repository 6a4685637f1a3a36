import { SettledFrontier } from './settled-frontier';

describe('SettledFrontier', () => {
  it('moves only over what is settled in one piece from the beginning', () => {
    const frontier = new SettledFrontier();
    const [a, b, c] = ['a', 'b', 'c'].map((key) => frontier.open(key));
    if (!a || !b || !c) throw new Error('unreachable');
    frontier.settle(b, { copiedObjects: 1 });
    expect(frontier.advance()).toBeNull();
    frontier.settle(a, { copiedObjects: 1 });
    expect(frontier.advance()).toEqual({ through: 'b', ledger: { copiedObjects: 2 }, notes: [] });
    frontier.settle(c, { quarantinedObjects: 1 });
    expect(frontier.advance()).toEqual({ through: 'c', ledger: { quarantinedObjects: 1 }, notes: [] });
    expect(frontier.advance()).toBeNull();
  });

  it('keeps millions of units that needed no work in the room of one', () => {
    const frontier = new SettledFrontier();
    const slow = frontier.open('0');
    for (let i = 0; i < 100_000; i += 1) frontier.pass(`1${i}`, { unchangedObjects: 1 });
    expect(frontier.size).toBe(2);
    frontier.settle(slow, { copiedObjects: 1 });
    expect(frontier.advance()).toMatchObject({ through: '199999', ledger: { copiedObjects: 1, unchangedObjects: 100_000 } });
  });

  it('gives out notes only once the frontier has passed them', () => {
    const frontier = new SettledFrontier<string>();
    const slow = frontier.open('a');
    frontier.pass('b', {}, ['note of b']);
    expect(frontier.advance()).toBeNull();
    frontier.settle(slow, {}, ['note of a']);
    expect(frontier.advance()?.notes).toEqual(['note of a', 'note of b']);
    expect(frontier.size).toBe(0);
  });
});

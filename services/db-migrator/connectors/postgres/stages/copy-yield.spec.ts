import type { Table } from '../catalog/catalog';
import type { Retention } from '../precheck/watch-retention';
import { CopyYield } from './copy-yield';

const MIB = 2 ** 20;
const table = (name: string, mib: number) => ({ schema: 'public', table: name, bytes: mib * MIB }) as Table;
const [large, middle, small] = [table('large', 60), table('middle', 30), table('small', 10)];

/** After a minute, in which the largest of them was copied: forty seconds are left. */
function afterAMinute(retention: { retained: number; secondsToLimit: number | null } | null): CopyYield {
  let nowMs = 0;
  const latest = (): Retention | null =>
    retention && {
      verdict: 'warn',
      retainedBytes: retention.retained * MIB,
      limitBytes: 100 * MIB,
      bytesPerSecond: 1,
      fullAt: retention.secondsToLimit === null ? null : new Date(nowMs + retention.secondsToLimit * 1_000).toISOString(),
      message: '',
    };
  const copy = new CopyYield([large, middle, small], latest, () => nowMs);
  expect(copy.mayBegin(large)).toBe(true);
  nowMs = 60_000;
  copy.complete(large);
  return copy;
}

it.each([
  ['nobody has looked yet', null, true],
  ['the log lasts more than twice as long as the copy', { retained: 60, secondsToLimit: 81 }, true],
  ['it lasts shorter', { retained: 60, secondsToLimit: 79 }, false],
  ['it does not grow', { retained: 99, secondsToLimit: null }, true],
  ['more than half of it is free', { retained: 49, secondsToLimit: 1 }, true],
])('begins a table, or leaves it, where %s', (_when, retention, may) => {
  const copy = afterAMinute(retention);
  expect(copy.mayBegin(middle)).toBe(may);
  expect([...copy.left]).toEqual(may ? [] : ['public.middle']);
  expect(copy.finding()?.code).toBe(may ? undefined : 'DATABASE_COPY_YIELDED');
});

it('counts what is under way, at most as much as its file holds', () => {
  const copy = afterAMinute({ retained: 60, secondsToLimit: 25 });
  copy.progress({ table: middle, rows: 1, bytes: 900 * MIB });
  // Ninety of a hundred are done in a minute: seven seconds are left.
  expect(copy.mayBegin(small)).toBe(true);
});

it('gives up what is under way once three quarters are used, and something is copied', () => {
  const copy = afterAMinute({ retained: 74, secondsToLimit: 10 });
  copy.look();
  expect(copy.givenUp.aborted).toBe(false);
  const short = afterAMinute({ retained: 75, secondsToLimit: 200 });
  expect(short.mayBegin(middle)).toBe(true);
  short.look();
  expect(short.givenUp.aborted).toBe(false);
  const over = afterAMinute({ retained: 75, secondsToLimit: 81 });
  expect(over.mayBegin(middle)).toBe(true);
  const late = afterAMinute({ retained: 75, secondsToLimit: 79 });
  expect(late.mayBegin(middle)).toBe(false);
  late.look();
  expect([late.givenUp.aborted, [...late.left]]).toEqual([true, ['public.middle', 'public.small']]);
});

it('begins one table in any case, and no other from then on', () => {
  const short: Retention = {
    verdict: 'warn',
    retainedBytes: 90,
    limitBytes: 100,
    bytesPerSecond: 1,
    fullAt: new Date(1_000).toISOString(),
    message: '',
  };
  let latest: Retention | null = short;
  const copy = new CopyYield(
    [large, middle, small],
    () => latest,
    () => 0,
  );
  expect([copy.mayBegin(large), copy.mayBegin(middle)]).toEqual([true, false]);
  latest = null;
  expect(copy.mayBegin(small)).toBe(false);
  expect([[...copy.begun], [...copy.left]]).toEqual([['public.large'], ['public.middle', 'public.small']]);
});

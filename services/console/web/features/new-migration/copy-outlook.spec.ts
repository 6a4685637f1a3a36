import { outlookOf } from './copy-outlook';
import type { Spec } from './plan';

const GIB = 1024 ** 3;
const FREE = { perGibRead: 0, perThousandReads: 0, perThousandWrites: 0 };
const of = (spec: Spec, objects: number, bytes: number, prices = FREE) => outlookOf(spec, { objects, bytes }, 10_000_000, prices);

it('is as long as the slower of line and limit makes it', () => {
  expect(of({ kind: 'host' }, 5, 50_000_000).seconds).toBe(5);
  expect(of({ kind: 'host', limits: { bytesPerSecond: 1_000_000 } }, 5, 50_000_000).seconds).toBe(50);
  expect(of({ kind: 'host', limits: { bytesPerSecond: 99_000_000 } }, 5, 50_000_000).seconds).toBe(5);
});

it('counts the requests of object storage, and what comparing adds', () => {
  expect(of({ kind: 'storage' }, 2_000, 2_000).requests).toEqual({ reads: 6_012, writes: 2_000 });
  expect(of({ kind: 'storage', storage: { verify: 'inventory' } }, 2_000, 2_000).requests).toEqual({ reads: 2_012, writes: 2_000 });
  expect(of({ kind: 'storage', storage: { partSizeBytes: GIB } }, 1, 5 * GIB).requests?.writes).toBe(6);
  expect(of({ kind: 'database' }, 9, 1).requests).toBeNull();
});

it('reads content twice where it is compared as content, and costs accordingly', () => {
  const prices = { perGibRead: 0.5, perThousandReads: 1, perThousandWrites: 2 };
  expect(of({ kind: 'storage', storage: { verify: 'checksum' } }, 1_000, GIB, prices)).toMatchObject({ readBytes: GIB });
  expect(of({ kind: 'storage' }, 1_000, 2 * GIB, prices)).toMatchObject({ readBytes: 4 * GIB, cost: expect.closeTo(7.262, 6) });
  expect(of({ kind: 'database' }, 1, 2 * GIB, prices)).toMatchObject({ readBytes: 2 * GIB, cost: 1 });
});

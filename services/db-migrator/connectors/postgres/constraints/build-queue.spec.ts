import { BuildQueue, runBuildQueue, type BuildJob } from './build-queue';

function recorder() {
  const running = new Set<string>();
  const order: string[] = [];
  const overlaps: string[] = [];
  const job = (id: string, change: Partial<BuildJob> = {}): BuildJob => ({
    id,
    after: [],
    table: null,
    isExclusive: false,
    weight: 0,
    run: async () => {
      for (const other of running) overlaps.push([id, other].sort().join('+'));
      running.add(id);
      order.push(id);
      await new Promise((resolve) => setImmediate(resolve));
      running.delete(id);
    },
    ...change,
  });
  return { job, order, overlaps };
}

it('begins with the heaviest, and lets what depends wait', async () => {
  const { job, order } = recorder();
  await runBuildQueue([job('light'), job('last', { after: ['light'], weight: 99 }), job('heavy', { weight: 9 })], 1);
  expect(order).toEqual(['heavy', 'light', 'last']);
});

it('shares a table between those that can, and with nobody else', async () => {
  const { job, overlaps } = recorder();
  const table = 't';
  await runBuildQueue(
    [
      job('a', { table }),
      job('b', { table }),
      job('x', { table, isExclusive: true }),
      job('y', { table, isExclusive: true }),
      job('other'),
    ],
    5,
  );
  expect(overlaps).toContain('a+b');
  expect(overlaps.filter((pair) => !pair.includes('other') && pair !== 'a+b')).toEqual([]);
});

it('ends with the first failure, once nothing runs', async () => {
  const { job, order } = recorder();
  const failing = job('fails', { weight: 9, run: () => Promise.reject(new Error('no')) });
  await expect(runBuildQueue([failing, job('beside', { weight: 8 }), job('after'), job('never')], 2)).rejects.toThrow('no');
  expect(order).toEqual(['beside']);
});

it('says so when nothing may begin', async () => {
  const { job } = recorder();
  await expect(runBuildQueue([job('a', { after: ['b'] }), job('b', { after: ['a'] })], 2)).rejects.toThrow('nothing may begin');
});

it('takes in more until it is ended', async () => {
  const { job, order } = recorder();
  const queue = new BuildQueue();
  const running = queue.run(2);
  queue.add([job('first')]);
  await new Promise((resolve) => setImmediate(resolve));
  queue.add([job('second'), job('third', { after: ['second'] })]);
  queue.end();
  await running;
  expect(order).toEqual(['first', 'second', 'third']);
});

it('begins nothing after it was stopped', async () => {
  const { job, order } = recorder();
  const queue = new BuildQueue();
  queue.add([job('first', { weight: 9 }), job('second')]);
  const running = queue.run(1);
  queue.stop();
  await running;
  expect(order).toEqual(['first']);
});

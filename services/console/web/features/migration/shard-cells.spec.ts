import { cellKey, cellRates, movedBy, stagesOf, toneOf, type ShardCell, type ShardMap } from './shard-cells';

const cell = (change: Partial<ShardCell> = {}): ShardCell => ({
  stage: 'sync',
  index: 0,
  shards: 4,
  waiting: 0,
  working: 0,
  retrying: 0,
  abandoned: 0,
  done: 0,
  attempts: 0,
  bytes: 0,
  pageToken: 't',
  ...change,
});
const map = (cells: ShardCell[], runId = 'run_1'): ShardMap => ({ runId, shardsTotal: 4, shardsDone: 0, shardsForgotten: 0, cells });

it.each([
  [{ retrying: 1, working: 3 }, 'retrying'],
  [{ abandoned: 1, working: 3 }, 'abandoned'],
  [{ working: 1, done: 3 }, 'working'],
  [{ done: 4 }, 'done'],
  [{ done: 1, waiting: 3 }, 'partly'],
  [{ waiting: 4 }, 'waiting'],
] as const)('draws %j as %s', (counts, tone) => {
  expect(toneOf(cell(counts))).toBe(tone);
});

it('keeps the order of the stages', () => {
  const stages = stagesOf(map([cell({ stage: 'sync' }), cell({ stage: 'verify' }), cell({ stage: 'sync', index: 1 })]));
  expect(stages.map(([stage, cells]) => [stage, cells.length])).toEqual([
    ['sync', 2],
    ['verify', 1],
  ]);
});

it('tells how fast a cell was between two looks, and nothing of one that is not the same', () => {
  const before = map([cell({ bytes: 100 }), cell({ index: 1, bytes: 50 }), cell({ index: 2, shards: 9 })]);
  const after = map([cell({ bytes: 300 }), cell({ index: 1, bytes: 20 }), cell({ index: 2, shards: 10 }), cell({ index: 3 })]);
  const rates = cellRates({ map: before, atMs: 1_000 }, { map: after, atMs: 3_000 });
  expect([...rates]).toEqual([[cellKey({ stage: 'sync', index: 0 }), 100]]);
  expect(cellRates({ map: before, atMs: 0 }, { map: map([cell()], 'run_2'), atMs: 9 }).size).toBe(0);
  expect(cellRates({ map: before, atMs: 5 }, { map: after, atMs: 5 }).size).toBe(0);
});

it.each([
  ['ArrowRight', 0, 1],
  ['ArrowRight', 9, 9],
  ['ArrowLeft', 0, 0],
  ['ArrowDown', 2, 6],
  ['ArrowDown', 8, 8],
  ['ArrowUp', 6, 2],
  ['Home', 7, 0],
  ['End', 7, 9],
  ['a', 7, null],
])('%s leads from cell %i of ten, in rows of four, to %s', (key, from, to) => {
  expect(movedBy(key, from, 10, 4)).toBe(to);
});

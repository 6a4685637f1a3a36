import type { TraceSpan } from './queries';
import { foldedAtFirst, spanRows, unfolded } from './span-rows';

const span = (spanId: string, parentSpanId: string | null, startMs: number, durationMs: number): TraceSpan => ({
  traceId: 't',
  spanId,
  parentSpanId,
  name: spanId,
  service: 's',
  host: 'h',
  startedAt: new Date(1_000_000 + startMs).toISOString(),
  durationMs,
  failed: false,
  errorCode: null,
  message: null,
  attributes: {},
});

it('writes children under their parents, by their beginnings, with bars of the whole', () => {
  const rows = spanRows([
    span('late', 'root', 50, 50),
    span('early', 'root', 0, 25),
    span('root', null, 0, 100),
    span('leaf', 'early', 10, 5),
  ]);
  expect(rows.map(({ span: { name }, depth }) => `${depth} ${name}`)).toEqual(['0 root', '1 early', '2 leaf', '1 late']);
  expect(rows.map(({ start, length }) => [start, length])).toEqual([
    [0, 1],
    [0, 0.25],
    [0.1, 0.05],
    [0.5, 0.5],
  ]);
});

it('takes for roots those whose parents are not shown, and shows what took no time', () => {
  const rows = spanRows([span('orphan', 'elsewhere', 0, 0), span('end', 'elsewhere', 100, 0)]);
  expect(rows.map(({ depth }) => depth)).toEqual([0, 0]);
  expect(rows.every(({ start, length }) => length > 0 && start < 1)).toBe(true);
});

it('ends where spans name each other', () => {
  expect(spanRows([span('a', 'b', 0, 1), span('b', 'a', 0, 1), span('self', 'self', 0, 1)]).map(({ span: { name } }) => name)).toEqual([
    'self',
  ]);
});

it('is nothing of nothing', () => {
  expect(spanRows([])).toEqual([]);
});

it('folds away what is deep down and went well, and never what failed', () => {
  const deep = (id: string, failed: boolean) => [
    span(`${id}-a`, 'root', 0, 1),
    span(`${id}-b`, `${id}-a`, 0, 1),
    span(`${id}-c`, `${id}-b`, 0, 1),
    { ...span(`${id}-d`, `${id}-c`, 0, 1), failed },
  ];
  const few = spanRows([span('root', null, 0, 1), ...deep('well', false)]);
  expect(unfolded(few, foldedAtFirst(few))).toHaveLength(5);
  const many = spanRows([
    span('root', null, 0, 1),
    ...deep('well', false),
    ...deep('ill', true),
    ...Array.from({ length: 40 }, (_, at) => span(`x${at}`, 'root', 1, 1)),
  ]);
  const shown = unfolded(many, foldedAtFirst(many)).map(({ span: { name } }) => name);
  expect(shown).toEqual(expect.arrayContaining(['well-b', 'ill-d', 'x39']));
  expect(shown).not.toEqual(expect.arrayContaining(['well-c']));
});

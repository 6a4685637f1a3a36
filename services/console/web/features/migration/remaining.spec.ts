import { remainingSeconds, withLook } from './remaining';

it('takes the mean of the last minutes', () => {
  expect(
    remainingSeconds(
      [
        { atMs: 0, bytes: 0 },
        { atMs: 20_000, bytes: 200 },
      ],
      1_000,
    ),
  ).toBe(80);
});

it.each([
  [
    'too little was seen',
    [
      { atMs: 0, bytes: 0 },
      { atMs: 2_000, bytes: 20 },
    ],
    100,
  ],
  [
    'nothing moves',
    [
      { atMs: 0, bytes: 5 },
      { atMs: 60_000, bytes: 5 },
    ],
    100,
  ],
  [
    'nobody knows how much there is',
    [
      { atMs: 0, bytes: 0 },
      { atMs: 60_000, bytes: 5 },
    ],
    0,
  ],
  ['nothing was seen', [], 100],
] as const)('does not guess where %s', (_name, looks, expected) => expect(remainingSeconds(looks, expected)).toBeNull());

it('forgets what is long ago', () => {
  expect(
    withLook(
      [
        { atMs: 0, bytes: 0 },
        { atMs: 200_000, bytes: 1 },
      ],
      { atMs: 400_000, bytes: 2 },
    ),
  ).toEqual([
    { atMs: 200_000, bytes: 1 },
    { atMs: 400_000, bytes: 2 },
  ]);
});

import { partSizeFor, partsOf } from './part-layout';

const MIB = 1024 * 1024;
const S3 = { minBytes: 5 * MIB, maxBytes: 5 * 1024 * MIB, maxParts: 10_000 };

describe('part layout', () => {
  it.each([
    ['the default', 1024 * MIB, 0, 16 * MIB],
    ['what is wanted', 1024 * MIB, 8 * MIB, 8 * MIB],
    ['not under the minimum', 1024 * MIB, 1, 5 * MIB],
    ['more where 10,000 parts would not do', 10_000 * 16 * MIB + 1, 0, 17 * MIB],
    ['the largest S3 object', 5 * 1024 * 1024 * MIB, 5 * MIB, 525 * MIB],
  ])('%s', (_name, size, wanted, expected) => {
    expect(partSizeFor(size, wanted, S3)).toBe(expected);
    expect(Math.ceil(size / expected)).toBeLessThanOrEqual(10_000);
  });

  it('refuses an object that does not fit', () => {
    expect(() => partSizeFor(101, 0, { minBytes: 1, maxBytes: 10, maxParts: 10 })).toThrow(
      expect.objectContaining({ code: 'OBJECT_TOO_LARGE' }),
    );
  });

  it.each([
    [0, 10, [[0, 0]]],
    [10, 10, [[0, 10]]],
    [
      21,
      10,
      [
        [0, 10],
        [10, 20],
        [20, 21],
      ],
    ],
  ])('cuts %i bytes by %i', (size, partSize, ranges) => {
    expect(partsOf(size, partSize).map((part) => [part.start, part.end])).toEqual(ranges);
  });
});

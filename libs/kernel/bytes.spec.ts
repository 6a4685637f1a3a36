import { formatBytes, parseBytes } from './bytes';

describe('bytes', () => {
  it.each([
    ['0', 0],
    ['42', 42],
    ['10M', 10 * 1024 ** 2],
    ['1.5GiB', 1.5 * 1024 ** 3],
    ['512k', 512 * 1024],
    [' 7 B ', 7],
  ])('reads %j', (text, bytes) => expect(parseBytes(text)).toBe(bytes));

  it.each(['', 'ten', '-1', '1e3', '5 X', '1.2.3M'])('refuses %j', (text) => {
    expect(() => parseBytes(text)).toThrow(expect.objectContaining({ code: 'VALUE_INVALID' }));
  });

  it.each([
    [0, '0 B'],
    [1023, '1023 B'],
    [1024, '1 KiB'],
    [1_600_000, '1.5 MiB'],
    [-2048, '-2 KiB'],
  ])('writes %d as %j', (bytes, text) => expect(formatBytes(bytes)).toBe(text));
});

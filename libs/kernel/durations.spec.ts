import { formatDuration, parseDuration } from './durations';

describe('durations', () => {
  it.each([
    ['45s', 45_000],
    ['1h30m', 5_400_000],
    ['250ms', 250],
    ['2d', 172_800_000],
    ['1.5s', 1_500],
  ])('reads %j', (text, ms) => expect(parseDuration(text)).toBe(ms));

  it.each(['', '5', 's', '1h 30m', '10x', 'h1'])('refuses %j', (text) => {
    expect(() => parseDuration(text)).toThrow(expect.objectContaining({ code: 'VALUE_INVALID' }));
  });

  it.each([
    [80, '80ms'],
    [5_200, '5.2s'],
    [184_000, '3m 4s'],
    [3_720_000, '1h 2m'],
    [90_000_000, '1d 1h'],
  ])('writes %d as %j', (ms, text) => expect(formatDuration(ms)).toBe(text));
});

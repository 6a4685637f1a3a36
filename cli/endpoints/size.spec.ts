import { parseBandwidth, parseSize, parseWhole } from './size';

describe('sizes', () => {
  it.each([
    ['10M', 10 * 1024 ** 2],
    ['1.5G', 1.5 * 1024 ** 3],
    ['512k', 512 * 1024],
    ['100B', 100],
    ['100', 100 * 1024],
    ['2MiB', 2 * 1024 ** 2],
    ['0', 0],
  ])('reads %s as rclone does', (text, bytes) => {
    expect(parseSize(text, '--min-size')).toBe(bytes);
  });

  it.each(['', 'x', '-1', '10Q', '1e3', '10M/s'])('refuses "%s"', (text) => {
    expect(() => parseSize(text, '--min-size')).toThrow(expect.objectContaining({ code: 'CLI_USAGE' }));
  });

  it('reads bandwidths, and refuses timetables and pairs', () => {
    expect([parseBandwidth('off'), parseBandwidth('10M')]).toEqual([0, 10 * 1024 ** 2]);
    for (const text of ['10M:5M', '08:00,512k', '08:00,512k 12:00,10M']) {
      expect(() => parseBandwidth(text)).toThrow(expect.objectContaining({ code: 'CLI_USAGE' }));
    }
  });

  it('refuses a limit that would be none without saying so, and names the option', () => {
    expect([parseBandwidth('0'), parseBandwidth('0.0M'), parseBandwidth('OFF')]).toEqual([0, 0, 0]);
    expect(() => parseBandwidth('0.0001')).toThrow('--bwlimit "0.0001" is less than one byte a second.');
    expect(() => parseBandwidth('x', '--outside')).toThrow('--outside "x" is not a size.');
  });

  it('reads whole numbers alone', () => {
    expect(parseWhole('16', '--transfers')).toBe(16);
    for (const text of ['1.5', '-1', '', '1k'])
      expect(() => parseWhole(text, '--transfers')).toThrow(expect.objectContaining({ code: 'CLI_USAGE' }));
  });
});

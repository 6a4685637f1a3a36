import { readLimits } from './limit-options';

const window = (...texts: string[]) => readLimits({ window: texts, timeZone: 'Asia/Shanghai' }).calendar?.windows;

describe('limits on the command line', () => {
  it('takes over only what was given', () => {
    expect(readLimits({})).toEqual({});
    expect(readLimits({ bwlimit: '10M', transfers: '8', tpslimit: '50' })).toEqual({
      bytesPerSecond: 10_485_760,
      concurrency: 8,
      requestsPerSecond: 50,
    });
  });

  it('reads windows', () => {
    expect(window('22:00-6:00')).toEqual([{ days: ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'], from: '22:00', to: '06:00' }]);
    expect(window('Mon-Fri 22:00-06:00 50M', 'fri-sun,wed 00:00-24:00')).toEqual([
      {
        days: ['mon', 'tue', 'wed', 'thu', 'fri'],
        from: '22:00',
        to: '06:00',
        limits: { bytesPerSecond: 52_428_800, requestsPerSecond: 0, concurrency: 0 },
      },
      { days: ['fri', 'sat', 'sun', 'wed'], from: '00:00', to: '00:00' },
    ]);
  });

  it('stops between the windows unless told otherwise, in the zone of this machine unless told otherwise', () => {
    const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
    expect(readLimits({ window: ['22:00-06:00'] }).calendar).toMatchObject({ timeZone, outside: 'stop' });
    expect(readLimits({ window: ['22:00-06:00'], outside: '1M' }).calendar).toMatchObject({ outside: { bytesPerSecond: 1_048_576 } });
  });

  it('takes a calendar away', () => {
    expect(readLimits({ window: ['off'] })).toEqual({ calendar: null });
  });

  it.each([[['nights']], [['mon 22:00']], [['moon 22:00-06:00']], [['mon- 22:00-06:00']], [['off', '22:00-06:00']]])(
    'refuses %j',
    (texts) => {
      expect(() => window(...texts)).toThrow('is not a window');
    },
  );

  it('names the window and the rate that are wrong, as they were written', () => {
    expect(() => window('mon 22:00-06:00 abc')).toThrow('--window "mon 22:00-06:00 abc": "abc" is not a size.');
    expect(() => readLimits({ window: ['22:00-06:00'], outside: 'slow' })).toThrow('--outside "slow" is not a size.');
  });

  it('refuses a zone without windows', () => {
    expect(() => readLimits({ timeZone: 'UTC' })).toThrow('need a --window');
  });
});

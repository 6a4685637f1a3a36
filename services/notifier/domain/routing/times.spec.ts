import { nextDigestMs, quietAt, turnAt } from './times';

const at = (text: string) => Date.parse(text);
const iso = (ms: number) => new Date(ms).toISOString();

describe('turns on call', () => {
  const rotation = {
    name: 'week',
    timeZone: 'Europe/Berlin',
    from: '2026-10-19',
    handover: '09:00',
    days: 7,
    turns: ['ann', 'bob', 'cid'].map((name) => ({ name, channels: [name] })),
    overrides: [{ from: '2026-10-21T00:00:00Z', to: '2026-10-22T00:00:00Z', turn: 'cid' }],
  };
  it.each([
    ['2026-10-19T06:59:59Z', 'cid'],
    ['2026-10-19T07:00:00Z', 'ann'],
    ['2026-10-21T12:00:00Z', 'cid'],
    ['2026-10-22T00:00:00Z', 'ann'],
    // The clocks go back on the 25th: 09:00 is an hour later by UTC.
    ['2026-10-26T07:30:00Z', 'ann'],
    ['2026-10-26T08:00:00Z', 'bob'],
    ['2026-11-09T08:00:00Z', 'ann'],
    ['2026-10-05T12:00:00Z', 'bob'],
  ])('%s: %s', (time, turn) => {
    expect(turnAt(rotation, at(time))?.name).toBe(turn);
  });
});

describe('digests', () => {
  const daily = { every: 'day', at: '09:00', timeZone: 'Asia/Shanghai' } as const;
  it.each([
    ['2026-11-29T00:59:59Z', '2026-11-29T01:00:00.000Z'],
    ['2026-11-29T01:00:00Z', '2026-11-30T01:00:00.000Z'],
  ])('of a day after %s: %s', (time, next) => {
    expect(iso(nextDigestMs(daily, at(time)))).toBe(next);
  });

  it('of an hour', () => {
    const hourly = { ...daily, every: 'hour' } as const;
    expect(iso(nextDigestMs(hourly, at('2026-11-29T10:00:00Z')))).toBe('2026-11-29T11:00:00.000Z');
    expect(iso(nextDigestMs({ ...hourly, timeZone: 'Asia/Kolkata' }, at('2026-11-29T10:10:00Z')))).toBe('2026-11-29T10:30:00.000Z');
  });
});

describe('quiet hours', () => {
  it('begin and end by the clock there', () => {
    const nights = { name: 'n', timeZone: 'Asia/Shanghai', windows: [{ days: ['sun' as const], from: '22:00', to: '07:00' }] };
    expect(quietAt(nights, at('2026-11-29T13:59:00Z')).quiet).toBe(false);
    expect(quietAt(nights, at('2026-11-29T14:00:00Z'))).toEqual({ quiet: true, untilMs: at('2026-11-29T23:00:00Z') });
  });
});

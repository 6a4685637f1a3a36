import { calendarAt, WEEKDAYS, type Calendar, type CalendarState, type Weekday } from './calendar';
import { assertCalendarValid } from './calendar-rules';

const at = (iso: string): number => Date.parse(iso);
const until = (state: CalendarState): string | null => (state.untilMs === null ? null : new Date(state.untilMs).toISOString());
const EVERY_DAY: Weekday[] = [...WEEKDAYS];
const slow = { bytesPerSecond: 1_000, requestsPerSecond: 0, concurrency: 2 };
const fewer = { bytesPerSecond: 5_000, requestsPerSecond: 9, concurrency: 1 };

function nights(timeZone: string, from = '22:00', to = '06:00', days = EVERY_DAY): Calendar {
  return { timeZone, windows: [{ days, from, to }], outside: 'stop' };
}

/** Seeded: a failing case can be run again. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 4_294_967_296;
    return state / 4_294_967_296;
  };
}

describe('calendarAt', () => {
  it('opens over midnight and tells the next change', () => {
    const calendar = nights('Asia/Shanghai');
    expect(calendarAt(calendar, at('2026-11-23T21:59:59+08:00')).open).toBe(false);
    expect(until(calendarAt(calendar, at('2026-11-23T12:00:00+08:00')))).toBe('2026-11-23T14:00:00.000Z');
    const night = calendarAt(calendar, at('2026-11-24T03:00:00+08:00'));
    expect([night.open, until(night)]).toEqual([true, '2026-11-23T22:00:00.000Z']);
    expect(calendarAt(calendar, at('2026-11-24T06:00:00+08:00')).open).toBe(false);
  });

  it('belongs to the day on which it begins', () => {
    const calendar = nights('Asia/Shanghai', '22:00', '06:00', ['fri']);
    expect(calendarAt(calendar, at('2026-11-28T05:00:00+08:00')).open).toBe(true);
    expect(calendarAt(calendar, at('2026-11-27T05:00:00+08:00')).open).toBe(false);
    expect(until(calendarAt(calendar, at('2026-11-28T06:00:00+08:00')))).toBe('2026-12-04T14:00:00.000Z');
  });

  it('begins in a left out hour at the change of the clocks', () => {
    const calendar = nights('Europe/Berlin', '02:30', '05:00');
    expect(until(calendarAt(calendar, at('2026-03-28T23:00:00Z')))).toBe('2026-03-29T01:00:00.000Z');
    expect(until(calendarAt(nights('Europe/Berlin', '22:00', '02:30'), at('2026-03-28T23:00:00Z')))).toBe('2026-03-29T01:00:00.000Z');
  });

  it('waits a second week for a window that the change of the clocks leaves out as a whole', () => {
    const calendar = nights('Europe/Berlin', '02:10', '02:40', ['sun']);
    const left = calendarAt(calendar, at('2027-03-21T02:40:00+01:00'));
    expect([left.open, until(left)]).toEqual([false, '2027-04-04T00:10:00.000Z']);
  });

  it('takes the first of an hour that comes twice, and covers both where it begins before', () => {
    expect(until(calendarAt(nights('Europe/Berlin', '02:30', '05:00'), at('2026-10-24T22:00:00Z')))).toBe('2026-10-25T00:30:00.000Z');
    const over = nights('Europe/Berlin', '01:00', '03:00');
    for (const utc of ['00:30', '01:30']) expect(calendarAt(over, at(`2026-10-25T${utc}:00Z`)).open).toBe(true);
    expect(until(calendarAt(over, at('2026-10-25T00:30:00Z')))).toBe('2026-10-25T02:00:00.000Z');
  });

  it('never changes around the clock, also where windows meet', () => {
    expect(calendarAt(nights('UTC', '00:00', '00:00'), at('2026-01-01T00:00:00Z'))).toEqual({ open: true, limits: null, untilMs: null });
    const halves = {
      ...nights('UTC', '00:00', '12:00'),
      windows: [nights('UTC', '00:00', '12:00'), nights('UTC', '12:00', '00:00')].flatMap((c) => c.windows),
    };
    expect(calendarAt(halves, at('2026-01-01T11:00:00Z'))).toEqual({ open: true, limits: null, untilMs: null });
  });

  it('tells limits within and without, and of windows that overlap the tightest', () => {
    const calendar: Calendar = {
      timeZone: 'UTC',
      windows: [
        { days: EVERY_DAY, from: '08:00', to: '18:00', limits: slow },
        { days: EVERY_DAY, from: '12:00', to: '13:00', limits: fewer },
      ],
      outside: fewer,
    };
    expect(calendarAt(calendar, at('2026-01-01T09:00:00Z'))).toEqual({ open: true, limits: slow, untilMs: at('2026-01-01T12:00:00Z') });
    const both = { bytesPerSecond: 1_000, requestsPerSecond: 9, concurrency: 1 };
    expect(calendarAt(calendar, at('2026-01-01T12:30:00Z'))).toEqual({ open: true, limits: both, untilMs: at('2026-01-01T13:00:00Z') });
    expect(calendarAt(calendar, at('2026-01-01T19:00:00Z')).limits).toEqual(fewer);
  });

  it.each([
    'Asia/Shanghai',
    'Europe/Berlin',
    'America/New_York',
    'America/Sao_Paulo',
    'Australia/Lord_Howe',
    'Pacific/Apia',
    'Africa/Casablanca',
    'Asia/Kathmandu',
  ])('agrees in %s with a walk over the clock, minute by minute', (timeZone) => {
    const next = random(timeZone.length * 7_919);
    const clock = new Intl.DateTimeFormat('en-GB', {
      timeZone,
      weekday: 'short',
      hour: '2-digit',
      minute: '2-digit',
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hourCycle: 'h23',
    });
    const wall = (ms: number): { day: string; weekday: Weekday; time: string } => {
      const part = Object.fromEntries(clock.formatToParts(ms).map(({ type, value }) => [type, value]));
      return {
        day: `${part.year}-${part.month}-${part.day}`,
        weekday: String(part.weekday).toLowerCase() as Weekday,
        time: `${part.hour}:${part.minute}`,
      };
    };
    for (const year of [2011, 2026]) {
      for (const changing of changesOf(year, wall)) {
        const time = (): string => `${String(Math.floor(next() * 6)).padStart(2, '0')}:${String(Math.floor(next() * 60)).padStart(2, '0')}`;
        const [from, to] = [time(), time()].sort() as [string, string];
        if (from === to) continue;
        const calendar = nights(timeZone, from, to, WEEKDAYS.filter(() => next() < 0.7).concat('sun'));
        const expected: { ms: number; open: boolean }[] = [];
        const seen = new Map<string, { passedFrom: boolean; passedTo: boolean }>();
        for (let ms = changing - 30 * 3_600_000; ms < changing + 30 * 3_600_000; ms += 60_000) {
          const { day, weekday, time: now } = wall(ms);
          const today = seen.get(day) ?? { passedFrom: false, passedTo: false };
          today.passedFrom ||= now >= from;
          today.passedTo ||= now >= to;
          seen.set(day, today);
          if (seen.size < 2) continue;
          const open = calendar.windows[0]?.days.includes(weekday) === true && today.passedFrom && !today.passedTo;
          expected.push({ ms, open });
        }
        // Each minute before and after a change, and some others.
        const telling = expected.filter(({ open }, i) => i % 97 === 0 || open !== expected[i - 1]?.open || open !== expected[i + 1]?.open);
        for (const { ms, open } of telling)
          if (calendarAt(calendar, ms).open !== open)
            throw new Error(`${new Date(ms).toISOString()} ${JSON.stringify(calendar)} expected ${open}`);
      }
    }
  });

  it('tells an end at which the state is really another', () => {
    const next = random(4_711);
    for (let i = 0; i < 300; i += 1) {
      const zone = ['Europe/Berlin', 'America/New_York', 'Asia/Shanghai', 'Australia/Lord_Howe'][i % 4] as string;
      const hour = (): string => `${String(Math.floor(next() * 24)).padStart(2, '0')}:${next() < 0.5 ? '00' : '30'}`;
      const calendar: Calendar = {
        timeZone: zone,
        outside: 'stop',
        windows: [{ days: EVERY_DAY.filter(() => next() < 0.5).concat('wed'), from: hour(), to: hour(), limits: slow }],
      };
      const atMs = at('2026-01-01T00:00:00Z') + Math.floor(next() * 365 * 86_400_000);
      const now = calendarAt(calendar, atMs);
      if (now.untilMs === null) continue;
      expect(now.untilMs).toBeGreaterThan(atMs);
      expect(calendarAt(calendar, now.untilMs).open).toBe(!now.open);
      expect(calendarAt(calendar, now.untilMs - 1).open).toBe(now.open);
    }
  });
});

/** The hours in which a zone's offset changes within a year, and one in which it does not. */
function changesOf(year: number, wall: (ms: number) => { day: string; time: string }): number[] {
  const offset = (ms: number): number => Date.parse(`${wall(ms).day}T${wall(ms).time}:00Z`) - ms;
  const changes = [Date.UTC(year, 6, 15, 12)];
  for (let ms = Date.UTC(year, 0, 2); ms < Date.UTC(year + 1, 0, 2); ms += 3_600_000)
    if (offset(ms) !== offset(ms - 3_600_000)) changes.push(ms);
  return changes;
}

describe('assertCalendarValid', () => {
  it('names everything that is wrong', () => {
    const wrong = {
      timeZone: 'Mars/Olympus',
      windows: [{ days: [], from: '24:00', to: '6:00', limits: { ...slow, concurrency: -1 } }],
      outside: 'stop' as const,
    };
    const fields = [
      'calendar.timeZone',
      'calendar.windows.0.days',
      'calendar.windows.0.from',
      'calendar.windows.0.to',
      'calendar.windows.0.limits.concurrency',
    ];
    let thrown: unknown;
    try {
      assertCalendarValid(wrong);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toMatchObject({ code: 'CALENDAR_INVALID', fields: fields.map((field) => ({ field })) });
  });

  it.each(['+08:00', '', 'Asia/Nowhere'])('refuses "%s" as a time zone', (timeZone) => {
    expect(() => assertCalendarValid(nights(timeZone))).toThrow('timeZone');
  });

  it('refuses a calendar without windows, which would never open', () => {
    expect(() => assertCalendarValid({ ...nights('UTC'), windows: [] })).toThrow('windows');
  });
});

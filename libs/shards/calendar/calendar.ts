import { Temporal } from 'temporal-polyfill';
import type { Limits } from '../limits/limits';
import { strictest } from '../limits/limits';

export const WEEKDAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
export type Weekday = (typeof WEEKDAYS)[number];

/** From one wall clock time to another on the days on which it begins; to the next day where `to` is not after `from`. */
export interface CalendarWindow {
  days: Weekday[];
  /** "22:00" */
  from: string;
  to: string;
  /** Beside the migration's own limits, while it is open. */
  limits?: Limits;
}

/** When a migration may move data, and how fast. */
export interface Calendar {
  /** IANA name, for example "Asia/Shanghai". */
  timeZone: string;
  windows: CalendarWindow[];
  /** Between the windows: no work at all, or work within these limits. */
  outside: 'stop' | Limits;
}

export interface CalendarState {
  open: boolean;
  /** Beside the migration's own limits; null: none of its own. Of windows that overlap the tightest limits hold. */
  limits: Limits | null;
  /** When this changes, in milliseconds since the epoch; null: never. */
  untilMs: number | null;
}

/** A window of a day ends on the next one at the latest. */
const DAYS_BACK = 2;
/** A week later everything comes again; but of one week the change of the clocks may leave a short window out as a whole. */
const DAYS_AHEAD = 16;
/** Beyond it the intervals are not complete. */
const LOOK_AHEAD_MS = 15 * 86_400_000;

interface Interval {
  fromMs: number;
  toMs: number;
  limits: Limits | null;
}

/**
 * What a calendar says at an instant. A boundary is the first instant of its day at which clocks there show its time or
 * a later one: in an hour that daylight saving leaves out it is the moment of the change, of an hour that comes twice it
 * is the first. The calendar must be valid (`calendarProblems`).
 */
export function calendarAt(calendar: Calendar, atMs: number): CalendarState {
  const intervals = intervalsAround(calendar, atMs);
  const now = stateIn(calendar, intervals, atMs);
  const boundaries = [...new Set(intervals.flatMap(({ fromMs, toMs }) => [fromMs, toMs]))]
    .filter((ms) => ms > atMs && ms <= atMs + LOOK_AHEAD_MS)
    .sort((a, b) => a - b);
  const untilMs = boundaries.find((ms) => !isSame(stateIn(calendar, intervals, ms), now)) ?? null;
  return { ...now, untilMs };
}

type StateNow = Omit<CalendarState, 'untilMs'>;

function stateIn({ outside }: Calendar, intervals: readonly Interval[], atMs: number): StateNow {
  const around = intervals.filter(({ fromMs, toMs }) => fromMs <= atMs && atMs < toMs);
  if (around.length === 0) return outside === 'stop' ? { open: false, limits: null } : { open: true, limits: outside };
  const limits = around.flatMap((interval) => interval.limits ?? []);
  return { open: true, limits: limits.length === 0 ? null : strictest(limits) };
}

function isSame(a: StateNow, b: StateNow): boolean {
  return a.open === b.open && JSON.stringify(a.limits) === JSON.stringify(b.limits);
}

function intervalsAround(calendar: Calendar, atMs: number): Interval[] {
  const today = Temporal.Instant.fromEpochMilliseconds(atMs).toZonedDateTimeISO(calendar.timeZone).toPlainDate();
  const intervals: Interval[] = [];
  for (let ahead = -DAYS_BACK; ahead <= DAYS_AHEAD; ahead += 1) {
    const day = today.add({ days: ahead });
    for (const window of calendar.windows) {
      if (!window.days.includes(WEEKDAYS[day.dayOfWeek - 1] as Weekday)) continue;
      const lastDay = window.to > window.from ? day : day.add({ days: 1 });
      const fromMs = boundary(day, window.from, calendar.timeZone);
      const toMs = boundary(lastDay, window.to, calendar.timeZone);
      if (toMs > fromMs) intervals.push({ fromMs, toMs, limits: window.limits ?? null });
    }
  }
  return intervals;
}

function boundary(day: Temporal.PlainDate, time: string, timeZone: string): number {
  const wanted = day.toPlainDateTime(time);
  const first = wanted.toZonedDateTime(timeZone, { disambiguation: 'earlier' });
  if (first.toPlainDateTime().equals(wanted)) return first.epochMilliseconds;
  // Left out: the clocks jumped over it.
  const after = wanted.toZonedDateTime(timeZone, { disambiguation: 'later' });
  return (after.getTimeZoneTransition('previous') ?? after).epochMilliseconds;
}

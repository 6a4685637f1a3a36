import { SmartantError, type FieldError } from '@smartant/kernel';
import type { Limits } from '../limits/limits';
import { WEEKDAYS, type Calendar, type CalendarWindow } from './calendar';

const TIME = /^([01]\d|2[0-3]):[0-5]\d$/;
const MAX_WINDOWS = 50;

/** What is wrong with a calendar, by field below `path`; empty: nothing. */
export function calendarProblems(calendar: Calendar, path: string): FieldError[] {
  const { timeZone, windows, outside } = calendar;
  const count = windows.length >= 1 && windows.length <= MAX_WINDOWS;
  return [
    ...check(isTimeZone(timeZone), `${path}.timeZone`, 'expected an IANA time zone, for example "Asia/Shanghai"'),
    ...check(count, `${path}.windows`, `expected 1 to ${MAX_WINDOWS} windows`),
    ...windows.flatMap((window, index) => windowProblems(window, `${path}.windows.${index}`)),
    ...(outside === 'stop' ? [] : limitProblems(outside, `${path}.outside`)),
  ];
}

/** Raises CALENDAR_INVALID, naming every wrong field. */
export function assertCalendarValid(calendar: Calendar, path = 'calendar'): void {
  const fields = calendarProblems(calendar, path);
  if (fields.length === 0) return;
  throw new SmartantError('CALENDAR_INVALID', `The calendar is wrong in ${fields.map(({ field }) => field).join(', ')}.`, {
    kind: 'invalid',
    hint: 'Name an IANA time zone, days (mon … sun) and times (HH:MM) for each window.',
    fields,
  });
}

/** 0 or more of each, requests up to a million a second, up to 1,024 objects in flight. */
export function limitProblems(limits: Limits, path: string): FieldError[] {
  const counts = (value: number, most: number): boolean => Number.isSafeInteger(value) && value >= 0 && value <= most;
  return [
    ...check(counts(limits.bytesPerSecond, Number.MAX_SAFE_INTEGER), `${path}.bytesPerSecond`, 'expected 0 (no limit) or more'),
    ...check(counts(limits.requestsPerSecond, 1_000_000), `${path}.requestsPerSecond`, 'expected 0 to 1000000'),
    ...check(counts(limits.concurrency, 1_024), `${path}.concurrency`, 'expected 0 to 1024'),
  ];
}

function windowProblems({ days, from, to, limits }: CalendarWindow, path: string): FieldError[] {
  return [
    ...check(
      days.length > 0 && days.every((day) => WEEKDAYS.includes(day)),
      `${path}.days`,
      `expected at least one of ${WEEKDAYS.join(', ')}`,
    ),
    ...check(TIME.test(from), `${path}.from`, 'expected HH:MM'),
    ...check(TIME.test(to), `${path}.to`, 'expected HH:MM'),
    ...(limits ? limitProblems(limits, `${path}.limits`) : []),
  ];
}

/** A name and no offset: an offset knows no daylight saving, and whoever writes one is likely to mean a place. */
function isTimeZone(timeZone: string): boolean {
  if (!/^[A-Za-z]/.test(timeZone)) return false;
  try {
    new Intl.DateTimeFormat('en', { timeZone });
    return true;
  } catch {
    return false;
  }
}

function check(holds: boolean, field: string, message: string): FieldError[] {
  return holds ? [] : [{ field, message }];
}

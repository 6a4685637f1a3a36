import { calendarAt, type Calendar } from '@smartant/shards';

export interface Window {
  fromMs: number;
  toMs: number;
}

/** Windows that are longer ago are not looked for: a week has every window at least once. */
const LOOK_BACK_MS = 8 * 86_400_000;
/** Of one look: a calendar has at most fifty windows a day. */
const MOST_WINDOWS = 100;

/**
 * The windows of a calendar that opened after `sinceMs` and have closed, oldest first, at most `most`. None for a calendar that lets work go
 * on between its windows.
 */
export function windowsPassed(calendar: Calendar, sinceMs: number, nowMs: number, most: number): Window[] {
  const passed: Window[] = [];
  if (calendar.outside !== 'stop') return passed;
  // The database's clock tells parts of a millisecond, a calendar knows none.
  let at: number | null = Math.floor(Math.max(sinceMs, nowMs - LOOK_BACK_MS));
  let opened: number | null = null;
  for (let steps = 0; steps < MOST_WINDOWS && at !== null && passed.length < most; steps += 1) {
    const { open, untilMs } = calendarAt(calendar, at);
    if (untilMs === null || untilMs > nowMs) return passed;
    const next = calendarAt(calendar, untilMs);
    // Within a window its limits may change: it is one window still.
    if (!open && next.open) opened = untilMs;
    if (open && !next.open && opened !== null) passed.push({ fromMs: opened, toMs: untilMs });
    if (!next.open) opened = null;
    at = untilMs;
  }
  return passed;
}

/** Whether work could go on for the whole of that time. */
export function wasOpenSince(calendar: Calendar, sinceMs: number, nowMs: number): boolean {
  let at = Math.floor(sinceMs);
  for (let steps = 0; steps < MOST_WINDOWS; steps += 1) {
    const { open, untilMs } = calendarAt(calendar, at);
    if (!open) return false;
    if (untilMs === null || untilMs > nowMs) return true;
    at = untilMs;
  }
  return true;
}

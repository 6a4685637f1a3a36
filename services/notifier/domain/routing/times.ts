import { calendarAt } from '@smartant/shards';
import { Temporal } from 'temporal-polyfill';
import type { Digest, NamedCalendar, Rotation, Turn } from './routing-document';

/** Whether a calendar's windows are open at an instant, and when that changes (null: never). */
export function quietAt({ timeZone, windows }: NamedCalendar, atMs: number): { quiet: boolean; untilMs: number | null } {
  const { open, untilMs } = calendarAt({ timeZone, windows, outside: 'stop' }, atMs);
  return { quiet: open, untilMs };
}

const zoned = (ms: number, timeZone: string) => Temporal.Instant.fromEpochMilliseconds(ms).toZonedDateTimeISO(timeZone);

/** Whose turn it is at an instant. Days are those of the calendar there: a handover keeps its time of the clock when clocks change. */
export function turnAt(rotation: Rotation, atMs: number): Turn | null {
  const override = rotation.overrides.find(({ from, to }) => Date.parse(from) <= atMs && atMs < Date.parse(to));
  const named = override && rotation.turns.find(({ name }) => name === override.turn);
  if (named) return named;
  const now = zoned(atMs, rotation.timeZone);
  const handover = now
    .toPlainDate()
    .toZonedDateTime({ timeZone: rotation.timeZone, plainTime: Temporal.PlainTime.from(rotation.handover) });
  const day = Temporal.ZonedDateTime.compare(now, handover) < 0 ? now.toPlainDate().subtract({ days: 1 }) : now.toPlainDate();
  const days = Temporal.PlainDate.from(rotation.from).until(day, { largestUnit: 'days' }).days;
  const count = rotation.turns.length;
  const index = Math.floor(days / rotation.days);
  return rotation.turns[((index % count) + count) % count] ?? null;
}

/** The next moment after an instant at which a digest is sent. */
export function nextDigestMs({ every, at, timeZone }: Digest, atMs: number): number {
  const now = zoned(atMs, timeZone);
  if (every === 'hour') return now.round({ smallestUnit: 'hour', roundingMode: 'floor' }).add({ hours: 1 }).epochMilliseconds;
  const plainTime = Temporal.PlainTime.from(at);
  const today = now.toPlainDate().toZonedDateTime({ timeZone, plainTime });
  if (today.epochMilliseconds > atMs) return today.epochMilliseconds;
  return now.toPlainDate().add({ days: 1 }).toZonedDateTime({ timeZone, plainTime }).epochMilliseconds;
}

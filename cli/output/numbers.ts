import { formatDuration } from '@smartant/kernel';

/** "12,345": grouped alike in every locale, so that scripts and people read the same. */
export function groupDigits(value: number): string {
  return String(value).replace(/\B(?=(\d{3})+(?!\d))/g, ',');
}

/** A time in the local zone, with its offset: "2026-11-23 09:00:00 +08:00". */
export function localTime(iso: string): string {
  const time = new Date(iso);
  if (Number.isNaN(time.getTime())) return iso;
  const minutes = -time.getTimezoneOffset();
  const shifted = new Date(time.getTime() + minutes * 60_000).toISOString().slice(0, 19).replace('T', ' ');
  const offset = Math.abs(minutes);
  const two = (value: number) => String(Math.floor(value)).padStart(2, '0');
  return `${shifted} ${minutes < 0 ? '-' : '+'}${two(offset / 60)}:${two(offset % 60)}`;
}

/** How long ago, or for how long: "5.0s", "2h 3m". */
export function elapsed(fromIso: string, toMs: number): string {
  const ms = toMs - Date.parse(fromIso);
  return Number.isNaN(ms) ? '' : formatDuration(Math.max(0, ms));
}

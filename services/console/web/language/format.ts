import type { Language } from './language';
import { useLanguage } from './texts';

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB'];
const STEPS: readonly [Intl.RelativeTimeFormatUnit, number][] = [
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
  ['second', 1],
];

export interface Formats {
  /** 1536 is "1.5 KiB". */
  bytes(count: number): string;
  count(count: number): string;
  /** "3 minutes ago", "in 2 days". */
  relative(atMs: number, nowMs: number): string;
  /** With the zone: who reads it may not be where it was written. */
  absolute(atMs: number): string;
  percent(ratio: number): string;
  /** The two largest units that matter. */
  duration(seconds: number): string;
}

export function formatsOf(language: Language): Formats {
  const number = new Intl.NumberFormat(language);
  const decimal = new Intl.NumberFormat(language, { maximumFractionDigits: 1 });
  const relative = new Intl.RelativeTimeFormat(language, { numeric: 'auto' });
  const absolute = new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'long' });
  const percent = new Intl.NumberFormat(language, { style: 'percent', maximumFractionDigits: 0 });
  return {
    bytes: (count) => formatBytes(count, decimal),
    count: (count) => number.format(count),
    relative: (atMs, nowMs) => formatRelative((atMs - nowMs) / 1_000, relative),
    absolute: (atMs) => absolute.format(atMs),
    // Rounded down: 100 % is said when all is there, not before.
    percent: (ratio) => percent.format(Math.floor(Math.min(Math.max(ratio, 0), 1) * 100) / 100),
    duration: (seconds) => formatDuration(seconds, language),
  };
}

export const useFormats = (): Formats => formatsOf(useLanguage().language);

function formatBytes(count: number, number: Intl.NumberFormat): string {
  const power = count < 1 ? 0 : Math.min(Math.floor(Math.log2(count) / 10), UNITS.length - 1);
  return `${number.format(count / 2 ** (10 * power))} ${UNITS[power]}`;
}

function formatRelative(seconds: number, format: Intl.RelativeTimeFormat): string {
  const [unit, size] = STEPS.find(([, size]) => Math.abs(seconds) >= size) ?? ['second', 1];
  return format.format(Math.trunc(seconds / size), unit);
}

function formatDuration(seconds: number, language: Language): string {
  const whole = Math.max(0, Math.round(seconds));
  const parts = STEPS.map(([unit, size], index) => {
    const larger = STEPS[index - 1]?.[1];
    return { unit, value: Math.floor((larger === undefined ? whole : whole % larger) / size) };
  });
  const first = parts.findIndex(({ value }) => value > 0);
  if (first < 0) return unitText(0, 'second', language);
  const shown = parts.slice(first, first + 2).filter(({ value }) => value > 0);
  return shown.map(({ unit, value }) => unitText(value, unit, language)).join(' ');
}

const unitText = (value: number, unit: string, language: Language) =>
  new Intl.NumberFormat(language, { style: 'unit', unit, unitDisplay: 'short' }).format(value);

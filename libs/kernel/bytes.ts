import { SmartantError } from './errors';

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'] as const;
const FACTORS: Record<string, number> = { '': 1, B: 1, K: 1024, M: 1024 ** 2, G: 1024 ** 3, T: 1024 ** 4, P: 1024 ** 5 };

/** "1.5 MiB": binary units, at most one decimal. */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (Math.abs(value) >= 1024 && unit < UNITS.length - 1) {
    value /= 1024;
    unit += 1;
  }
  const text = unit === 0 || Number.isInteger(value) ? String(value) : value.toFixed(1);
  return `${text} ${UNITS[unit]}`;
}

/** Bytes from "10M", "1.5GiB", "512k" or "42": binary units, as rclone reads them. Raises `VALUE_INVALID`. */
export function parseBytes(text: string): number {
  const match = /^\s*(\d+(?:\.\d+)?)\s*([kmgtp]?)(?:i?b)?\s*$/i.exec(text);
  if (!match) {
    throw new SmartantError('VALUE_INVALID', `"${text}" is not a size.`, { kind: 'invalid', hint: 'Write a size as 10M, 1.5GiB or 4096.' });
  }
  return Math.round(Number(match[1]) * (FACTORS[(match[2] ?? '').toUpperCase()] ?? 1));
}

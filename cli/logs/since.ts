import { SmartantError } from '@smartant/kernel';

const UNITS: Record<string, number> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** "90s", "10m", "1h", "2d" in milliseconds. Raises CLI_USAGE. */
export function durationOf(text: string, option: string): number {
  const [, count, unit] = /^(\d{1,9})([smhd])$/.exec(text) ?? [];
  const ms = Number(count) * (UNITS[unit ?? ''] ?? Number.NaN);
  if (ms > 0) return ms;
  throw new SmartantError('CLI_USAGE', `${option} takes a time such as 90s, 10m, 1h or 2d.`, { kind: 'invalid' });
}

/** How long ago, or a time, as RFC 3339. Raises CLI_USAGE. */
export function sinceOf(text: string | undefined, option: string): string | undefined {
  if (text === undefined) return undefined;
  if (/^\d+[smhd]$/.test(text)) return new Date(Date.now() - durationOf(text, option)).toISOString();
  const time = new Date(text);
  if (!Number.isNaN(time.getTime())) return time.toISOString();
  throw new SmartantError('CLI_USAGE', `${option} takes how long ago (10m, 1h, 2d) or a time (2026-11-28T08:00:00Z).`, { kind: 'invalid' });
}

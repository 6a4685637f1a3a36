import { SmartantError } from './errors';

const FACTORS: Record<string, number> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Milliseconds from "1h30m", "45s", "250ms" or "2d". Raises `VALUE_INVALID`. */
export function parseDuration(text: string): number {
  const parts = [...text.trim().matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h|d)/g)];
  if (parts.length === 0 || parts.map((part) => part[0]).join('') !== text.trim()) {
    throw new SmartantError('VALUE_INVALID', `"${text}" is not a duration.`, {
      kind: 'invalid',
      hint: 'Write a duration as 45s, 1h30m or 250ms.',
    });
  }
  return parts.reduce((sum, part) => sum + Number(part[1]) * (FACTORS[part[2] ?? 'ms'] ?? 1), 0);
}

/** "1h 2m", "3m 4s", "5.2s", "80ms": the two largest units. */
export function formatDuration(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)}ms`;
  if (ms < 60_000) return `${(ms / 1_000).toFixed(1)}s`;
  const seconds = Math.round(ms / 1_000);
  const [d, h, m, s] = [Math.floor(seconds / 86_400), Math.floor(seconds / 3_600) % 24, Math.floor(seconds / 60) % 60, seconds % 60];
  if (d > 0) return `${d}d ${h}h`;
  return h > 0 ? `${h}h ${m}m` : `${m}m ${s}s`;
}

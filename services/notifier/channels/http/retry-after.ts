const LONGEST_MS = 24 * 3_600_000;

/**
 * Milliseconds that a `Retry-After` header asks for (RFC 9110 section 10.2.3: seconds, or a date); undefined where it says nothing.
 * Never more than a day: a header must not silence a channel.
 */
export function retryAfterMs(header: string | undefined, nowMs: number): number | undefined {
  if (header === undefined) return undefined;
  const text = header.trim();
  // Date.parse reads much that is no date of HTTP.
  const date = /^[A-Z][a-z]{2,8}, /.test(text) ? Date.parse(text) - nowMs : undefined;
  const wanted = /^\d{1,9}$/.test(text) ? Number(text) * 1_000 : date;
  if (wanted === undefined || Number.isNaN(wanted)) return undefined;
  return Math.min(LONGEST_MS, Math.max(0, wanted));
}

import ipaddr from 'ipaddr.js';
import { z } from 'zod';

/** A TCP port, 1 to 65535. */
export const portSetting = z.string().transform((text, context) => {
  const port = Number(text);
  if (/^\d+$/.test(text) && port >= 1 && port <= 65_535) return port;
  context.addIssue({ code: 'custom', message: 'Expected a port number from 1 to 65535' });
  return z.NEVER;
});

/** `true` or `false`. */
export const booleanSetting = z.enum(['true', 'false'], { error: 'Expected true or false' }).transform((text) => text === 'true');

/** A whole number within bounds. */
export function integerSetting(bounds: { min: number; max: number }) {
  return z.string().transform((text, context) => {
    const value = Number(text);
    if (/^-?\d+$/.test(text) && value >= bounds.min && value <= bounds.max) return value;
    context.addIssue({ code: 'custom', message: `Expected a whole number from ${bounds.min} to ${bounds.max}` });
    return z.NEVER;
  });
}

/** Comma-separated words; an absent variable is an empty list. */
export const listSetting = z
  .string()
  .default('')
  .transform((text) =>
    text
      .split(',')
      .map((word) => word.trim())
      .filter((word) => word !== ''),
  );

/** Comma-separated CIDR ranges or single addresses. */
export const cidrListSetting = listSetting.superRefine((ranges, context) => {
  for (const range of ranges) {
    if (ipaddr.isValid(range) || ipaddr.isValidCIDR(range)) continue;
    context.addIssue({ code: 'custom', message: 'Expected a comma-separated list of CIDR ranges, such as 10.0.0.0/8,fd00::/8' });
    return;
  }
});

/** `host:port`; an IPv6 host in brackets. */
export const addressSetting = z.string().regex(/^(\[[0-9a-f:.]+\]|[^\s:/]+):\d{1,5}$/i, { error: 'Expected host:port' });

/** A `postgres://` URL. */
export const databaseUrlSetting = z.string().regex(/^postgres(ql)?:\/\/\S+$/, { error: 'Expected a postgres:// URL' });

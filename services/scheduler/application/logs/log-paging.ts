import { z } from 'zod';
import { pageTokenInvalid } from '../paging';
import type { LogLine } from '../ports/log-store';
import type { Page } from '../use-cases';

/** Where the next page begins: lines of this time that were not seen, and older ones. */
export interface LogPlace {
  at: string;
  seen: string[];
}

/** Lines of one millisecond that a token can name. */
const MOST_SEEN = 80;
const place = z.object({ at: z.iso.datetime(), seen: z.array(z.string().regex(/^[0-9a-f]{16}$/)).max(MOST_SEEN) });

/** Null for the first page. Raises PAGE_TOKEN_INVALID. */
export function placeOf(token: string | undefined): LogPlace | null {
  if (!token) return null;
  try {
    return place.parse(JSON.parse(Buffer.from(token, 'base64url').toString('utf8')));
  } catch {
    throw pageTokenInvalid();
  }
}

/** Lines are the newest first from the place on, one more than fits where there are more. */
export function pageOfLines(lines: LogLine[], size: number, from: LogPlace | null): Page<LogLine> {
  const left = lines.filter(({ at, id }) => !(from && at === from.at && from.seen.includes(id)));
  const items = left.slice(0, size);
  const last = items.at(-1);
  if (left.length <= size || !last) return { items, nextPageToken: null };
  const before = from?.at === last.at ? from.seen : [];
  const seen = [...before, ...items.filter(({ at }) => at === last.at).map(({ id }) => id)];
  // So many in one millisecond come of a loop: the rest of them is left out, so that the list goes on.
  const next: LogPlace = seen.length <= MOST_SEEN ? { at: last.at, seen } : { at: new Date(Date.parse(last.at) - 1).toISOString(), seen: [] };
  return { items, nextPageToken: Buffer.from(JSON.stringify(next)).toString('base64url') };
}

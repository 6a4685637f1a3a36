import { SmartantError } from '@smartant/kernel';

const DEFAULT_PAGE_SIZE = 50;
const MAX_PAGE_SIZE = 200;

export interface PageRequest {
  /** 0: 50. */
  pageSize: number;
  /** Empty: from the beginning. */
  pageToken: string;
}

export interface Page<T> {
  items: T[];
  /** Empty: there are no more. */
  nextPageToken: string;
}

/** How many items, and the id after which they begin (null: the first page). Raises PAGE_SIZE_INVALID or PAGE_TOKEN_INVALID. */
export function pageOf({ pageSize, pageToken }: PageRequest): { size: number; after: string | null } {
  const size = pageSize === 0 ? DEFAULT_PAGE_SIZE : pageSize;
  if (size > MAX_PAGE_SIZE) {
    throw new SmartantError('PAGE_SIZE_INVALID', `A page has 1 to ${MAX_PAGE_SIZE} items.`, {
      kind: 'invalid',
      hint: `Ask for 1 to ${MAX_PAGE_SIZE} items, and follow nextPageToken for more.`,
      fields: [{ field: 'pageSize', message: `expected 1 to ${MAX_PAGE_SIZE}` }],
    });
  }
  if (pageToken === '') return { size, after: null };
  const after = Buffer.from(pageToken, 'base64url').toString('utf8');
  if (/^[a-z]+_[0-9a-f]{32}$/.test(after)) return { size, after };
  throw new SmartantError('PAGE_TOKEN_INVALID', 'The page token is not one of ours.', {
    kind: 'invalid',
    hint: 'Use nextPageToken of the page before as it is, or leave it out to begin anew.',
    fields: [{ field: 'pageToken', message: 'is not a token of this list' }],
  });
}

/** Of items of which one more than the page's size was read. */
export function toPage<T extends { id: string }>(items: T[], size: number): Page<T> {
  const kept = items.slice(0, size);
  const last = kept.at(-1);
  return { items: kept, nextPageToken: items.length > size && last ? Buffer.from(last.id).toString('base64url') : '' };
}

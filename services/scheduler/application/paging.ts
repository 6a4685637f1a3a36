import { SmartantError } from '@smartant/kernel';
import type { Page, PageRequest } from './use-cases';

const DEFAULT_PAGE_SIZE = 50;
const MAX_PAGE_SIZE = 200;

/** A page request, checked: 50 items when no size is given. Raises PAGE_SIZE_INVALID. */
export function pageSizeOf(page: PageRequest): number {
  const size = page.pageSize ?? DEFAULT_PAGE_SIZE;
  if (Number.isInteger(size) && size >= 1 && size <= MAX_PAGE_SIZE) return size;
  throw new SmartantError('PAGE_SIZE_INVALID', `A page has 1 to ${MAX_PAGE_SIZE} items.`, {
    kind: 'invalid',
    hint: `Ask for 1 to ${MAX_PAGE_SIZE} items, and follow nextPageToken for more.`,
    fields: [{ field: 'pageSize', message: `expected 1 to ${MAX_PAGE_SIZE}` }],
  });
}

/** The id after which the page begins, null for the first page. Raises PAGE_TOKEN_INVALID. */
export function positionOf(page: PageRequest): string | null {
  if (!page.pageToken) return null;
  const id = Buffer.from(page.pageToken, 'base64url').toString('utf8');
  if (/^[a-z]+_[0-9a-f]{32}$/.test(id)) return id;
  throw pageTokenInvalid();
}

/** For every list, whatever its tokens hold. */
export function pageTokenInvalid(): SmartantError {
  return new SmartantError('PAGE_TOKEN_INVALID', 'The page token is not one of ours.', {
    kind: 'invalid',
    hint: 'Use nextPageToken of the page before as it is, or leave it out to begin anew.',
    fields: [{ field: 'pageToken', message: 'is not a token of this list' }],
  });
}

/** A page of a list in the order of ids. One item more than the page's size must have been read. */
export function toPage<T extends { id: string }>(items: T[], size: number): Page<T> {
  const kept = items.slice(0, size);
  const last = kept.at(-1);
  const nextPageToken = items.length > size && last ? Buffer.from(last.id).toString('base64url') : null;
  return { items: kept, nextPageToken };
}

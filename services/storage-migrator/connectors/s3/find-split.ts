import { compareUtf8 } from '@smartant/kernel';
import type { KeyRange } from '@smartant/connectors';
import { LIST_PAGE_SIZE, listPage } from './object-listing';
import type { S3Client } from './s3-client';

const MAX_PROBES = 40;

/**
 * A key with objects on both sides. S3 counts nothing, so the key space between the first and the last known key is bisected;
 * a half that ends within one page is given up to the other side, so that an outlier does not become a half of its own.
 */
export async function findSplit(client: S3Client, range: KeyRange, signal: AbortSignal): Promise<string | null> {
  const within = (key: string) => range.through === undefined || compareUtf8(key, range.through) <= 0;
  const pageAfter = async (after: string | undefined) => {
    const page = await listPage(client, { after }, signal);
    const keys = page.objects.map((object) => object.key).filter(within);
    return { keys, more: page.truncated && keys.length === page.objects.length };
  };
  const first = await pageAfter(range.after);
  let low = first.keys.at(-1) ?? '';
  // Few enough to know them all: the middle one.
  if (!first.more || (await pageAfter(low)).keys.length === 0) return middleOf(first.keys);

  let high = range.through;
  let best: string | null = low;
  for (let probe = 0; probe < MAX_PROBES; probe += 1) {
    const middle = keyBetween(low, high);
    if (middle === null) break;
    const { keys, more } = await pageAfter(middle);
    const next = keys[0];
    if (next === undefined || !more) {
      // At most a page is behind it: too little for a half.
      high = middle;
      continue;
    }
    best = middle;
    // Within a page of what is known to be on the left, the left half is still small: look further right.
    if (!(await spansMoreThanAPage(client, low, middle, signal))) {
      low = middle;
      continue;
    }
    return middle;
  }
  return best;
}

function middleOf(keys: string[]): string | null {
  return keys.length < 2 ? null : (keys[Math.floor((keys.length - 1) / 2)] ?? null);
}

async function spansMoreThanAPage(client: S3Client, low: string, middle: string, signal: AbortSignal): Promise<boolean> {
  const page = await listPage(client, { after: low }, signal);
  const last = page.objects.at(-1)?.key;
  return page.objects.length >= LIST_PAGE_SIZE && last !== undefined && compareUtf8(last, middle) <= 0;
}

/** Where printable names end; tried before the rest of Unicode. */
const ASCII_END = 0x7e;
const UNICODE_END = 0x10ffff;

/**
 * A string in the open interval, half-way by the first character in which the two differ; null when there is none. `high`
 * undefined is the end of the key space. Characters that XML cannot carry are avoided.
 */
export function keyBetween(low: string, high: string | undefined): string | null {
  const [a, b] = [[...low], high === undefined ? undefined : [...high]];
  let index = 0;
  while (b && index < a.length && index < b.length && a[index] === b[index]) index += 1;
  if (b && index >= b.length) return null;
  const prefix = a.slice(0, index).join('');
  const from = a[index]?.codePointAt(0) ?? 0x1f;
  const to = b?.[index]?.codePointAt(0) ?? (from < ASCII_END ? ASCII_END + 1 : UNICODE_END);
  const middle = printable(Math.floor((from + to) / 2));
  if (middle > from && middle < to) return prefix + String.fromCodePoint(middle);
  // Neighbours: everything between them starts with the lower one.
  const start = a[index];
  return start === undefined ? null : prefix + start + (keyBetween(a.slice(index + 1).join(''), undefined) ?? '');
}

function printable(point: number): number {
  return point >= 0xd800 && point <= 0xdfff ? 0xd7ff : point;
}

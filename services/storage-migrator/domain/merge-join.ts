import { compareUtf8, SmartantError } from '@smartant/kernel';
import type { ListedObject } from '@smartant/connectors';

export interface JoinedKey {
  key: string;
  source?: ListedObject;
  target?: ListedObject;
}

/**
 * Walks two listings in UTF-8 order side by side; each key once. Memory does not grow with the listings. An error of
 * either listing ends the walk with that error: the rest of a broken listing never looks empty.
 * Raises LISTING_OUT_OF_ORDER when a listing is not strictly ascending, because deletes would follow from it.
 */
export async function* mergeJoin(source: AsyncIterable<ListedObject>, target: AsyncIterable<ListedObject>): AsyncGenerator<JoinedKey> {
  const left = new Cursor(source, 'source');
  const right = new Cursor(target, 'target');
  try {
    let [a, b] = await Promise.all([left.next(), right.next()]);
    while (a || b) {
      const order = !a ? 1 : !b ? -1 : compareUtf8(a.key, b.key);
      if (order < 0 && a) yield { key: a.key, source: a };
      else if (order > 0 && b) yield { key: b.key, target: b };
      else if (a && b) yield { key: a.key, source: a, target: b };
      if (order <= 0) a = await left.next();
      if (order >= 0) b = await right.next();
    }
  } finally {
    await Promise.allSettled([left.close(), right.close()]);
  }
}

class Cursor {
  private readonly iterator: AsyncIterator<ListedObject>;
  private last: string | undefined;

  constructor(
    list: AsyncIterable<ListedObject>,
    private readonly side: string,
  ) {
    this.iterator = list[Symbol.asyncIterator]();
  }

  async next(): Promise<ListedObject | undefined> {
    const result = await this.iterator.next();
    if (result.done) return undefined;
    const { key } = result.value;
    if (this.last !== undefined && compareUtf8(this.last, key) >= 0) throw outOfOrder(this.side, this.last, key);
    this.last = key;
    return result.value;
  }

  async close(): Promise<void> {
    await this.iterator.return?.();
  }
}

function outOfOrder(side: string, before: string, after: string): SmartantError {
  return new SmartantError('LISTING_OUT_OF_ORDER', `The ${side} lists "${after}" after "${before}", which is not UTF-8 order.`, {
    kind: 'internal',
    actor: 'operator',
    hint: 'This store does not list keys in UTF-8 order, so it cannot be compared safely. Report it with the name of the store.',
    details: { side },
  });
}

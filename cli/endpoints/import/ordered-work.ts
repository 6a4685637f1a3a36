/**
 * Works on items as they come, at most so many at once, and yields the results in the order of the items. `work` must not reject: what
 * was begun behind a failure would be left alone.
 */
export async function* orderedWork<Item, Result>(
  items: AsyncIterable<Item> | Iterable<Item>,
  atOnce: number,
  work: (item: Item) => Promise<Result>,
): AsyncGenerator<Result> {
  const running: Promise<Result>[] = [];
  for await (const item of items) {
    running.push(work(item));
    if (running.length >= atOnce) yield (await running.shift()) as Result;
  }
  for (const result of running) yield await result;
}

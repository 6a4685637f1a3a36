import type { StorageReader } from '@smartant/connectors';
import { KeyFilter } from '../../domain/key-filter';
import type { StorageScope } from '../../domain/run';

export interface Estimate {
  objects: number;
  bytes: number;
  /** False where the time ran out: the figures are a lower bound. */
  complete: boolean;
}

/** Counts a scope by listing the source, for at most `budgetMs`. */
export async function estimateScope(reader: StorageReader, scope: StorageScope, signal: AbortSignal, budgetMs: number): Promise<Estimate> {
  const filter = new KeyFilter(scope);
  const until = performance.now() + budgetMs;
  const estimate = { objects: 0, bytes: 0, complete: true };
  for await (const object of reader.list(filter.range(), signal)) {
    if (filter.accepts(object) && !object.skip && !object.unreadable) {
      estimate.objects += 1;
      estimate.bytes += object.size;
    }
    if (performance.now() > until) return { ...estimate, complete: false };
  }
  return estimate;
}

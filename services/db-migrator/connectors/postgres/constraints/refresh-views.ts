import { describeEntry } from '../schema/entry-statement';
import type { Build } from './restore-constraints';

/** Fills materialized views, each after those that it reads: pg_dump has them in that order. */
export async function refreshViews(build: Build): Promise<void> {
  const entries = build.entries.filter(({ kind, state }) => kind === 'MATERIALIZED VIEW DATA' && state !== 'left out');
  for (const [index, entry] of entries.entries()) {
    if (entry.state === 'pending') await build.restore(build.session, entry);
    build.options.onProgress({ step: 'views', done: index + 1, total: entries.length, object: describeEntry(entry) });
  }
}

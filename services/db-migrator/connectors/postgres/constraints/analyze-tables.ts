import { qualified } from '../catalog/catalog';
import { keyOf } from '../schema/schema-scope';
import { runBuildQueue, type BuildJob } from './build-queue';
import type { Build } from './restore-constraints';

/** Gathers the planner's statistics of every table, the biggest first. A server without them chooses the worst plans on its first day. */
export async function analyzeTables(build: Build): Promise<void> {
  const { scope, targetName, onProgress, signal } = build.options;
  const names = scope.tables.filter(({ kind }) => kind !== 'f').map((table) => targetName(table));
  let done = 0;
  const jobs = names.map((name): BuildJob => {
    const table = keyOf(name);
    const run = async (worker: number) => {
      await build.workers[worker]!.query(`ANALYZE ${qualified(name)}`, undefined, signal);
      done += 1;
      onProgress({ step: 'statistics', done, total: names.length, object: `table ${name.schema}.${name.table}` });
    };
    return { id: table, after: [], table, isExclusive: true, weight: build.sizes.bytes(table), run };
  });
  await runBuildQueue(jobs, build.workers.length);
}

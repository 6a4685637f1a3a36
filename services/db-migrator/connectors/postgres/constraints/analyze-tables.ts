import { qualified, type TableName } from '../catalog/catalog';
import { nameOf } from '../catalog/target-name';
import type { PgSession } from '../session/pg-session';
import { keyOf } from '../schema/schema-scope';
import { runBuildQueue, type BuildJob } from './build-queue';
import type { Build } from './restore-constraints';

/** Gathers the planner's statistics of every table, the biggest first. A server without them chooses the worst plans on its first day. */
export async function analyzeTables(build: Build): Promise<void> {
  const { scope, onProgress } = build.options;
  const tables = scope.tables.filter(({ kind }) => kind !== 'f');
  const analyzed = await build.record.analyzed(build.session, build.options.signal);
  const missing = tables.filter((table) => !analyzed.has(nameOf(table)));
  let done = tables.length - missing.length;
  const tell = (object: string) => onProgress({ step: 'statistics', done: (done += 1), total: tables.length, object });
  await runBuildQueue(
    missing.map((table) => analyzeJob(build, table, tell)),
    build.workers.length,
  );
}

/** Of one table, by its name at the source. */
export function analyzeJob(build: Build, table: TableName, tell: (object: string) => void = () => undefined): BuildJob {
  const name = build.options.targetName(table);
  const key = keyOf(name);
  const run = async (worker: number) => {
    await analyze(build, build.workers[worker]!, table);
    tell(`table ${name.schema}.${name.table}`);
  };
  return { id: `${key} statistics`, after: [], table: key, isExclusive: true, weight: build.sizes.bytes(key), run };
}

async function analyze({ record, options }: Build, session: PgSession, table: TableName): Promise<void> {
  const name = qualified(options.targetName(table));
  await session.query(`${record.markingAnalyzed(table)};\nANALYZE ${name}`, undefined, options.signal);
}

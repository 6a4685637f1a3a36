import { SmartantError } from '@smartant/kernel';
import { withOldColumns } from '../schema/change-columns';
import { describeEntry } from '../schema/entry-statement';
import { tablespaceStatement } from '../schema/entry-tablespace';
import { renameSchemas, renameTables } from '../schema/rename-in-statement';
import type { RestoreOptions } from '../schema/restore-entry';
import type { EntryRecord } from '../schema/schema-record';
import { runBuildQueue, type BuildJob } from './build-queue';
import { indexOfConstraint } from './index-of-constraint';
import type { Build } from './restore-constraints';

/** Kinds of entries that are, or bring, an index. */
export const INDEX_KINDS: ReadonlySet<string> = new Set(['INDEX', 'CONSTRAINT', 'INDEX ATTACH']);

/**
 * Builds indexes, keys and exclusion constraints on several sessions, those of the biggest tables first. A key's index is built as an index, which
 * others on the same table can be beside, and becomes the key in a statement of its own.
 */
export async function buildIndexes(build: Build): Promise<void> {
  const entries = build.entries.filter(({ kind, state }) => INDEX_KINDS.has(kind) && state !== 'left out');
  const pending = entries.filter(({ state }) => state === 'pending');
  let done = entries.length - pending.length;
  const tell = (entry: EntryRecord) => {
    done += 1;
    if (entry.state === 'done') build.options.onBuilt(1);
    build.options.onProgress({ step: 'indexes', done, total: entries.length, object: describeEntry(entry) });
  };
  const jobs: BuildJob[] = [];
  for await (const entry of build.record.withStatements(build.session, pending))
    jobs.push(...(await jobsOf(build, entry, () => tell(entry))));
  await runBuildQueue(jobs, build.workers.length);
}

/** `change`: how it is recorded. */
export async function jobsOf(
  build: Build,
  entry: EntryRecord,
  tell: () => void,
  change: Pick<RestoreOptions, 'note'> = {},
): Promise<BuildJob[]> {
  const { statement } = await build.record.statements(build.session, entry.id);
  const table = build.tableOf(entry);
  const common = { after: entry.dependsOn.map(String), table, weight: build.sizes.bytes(table) };
  const byIndex = maySplit(build, entry, table) ? indexOfConstraint(statement) : null;
  let because: SmartantError | undefined;
  const finish = (rewrite?: (sql: string) => string) => async (worker: number) => {
    await build.restore(build.workers[worker]!, entry, { ...change, ...(rewrite ? { rewrite } : {}), ...(because ? { because } : {}) });
    tell();
  };
  if (!byIndex) return [{ ...common, id: String(entry.id), isExclusive: !isPlainIndex(entry, statement), run: finish() }];
  const place = tablespaceStatement(entry, build.renaming.tablespaces);
  const made = renameTables(renameSchemas(entry, byIndex.createIndex, build.renaming.schemas).sql, build.renaming.tables);
  const sql = `${place}${withOldColumns(made, byIndex.createIndex, build.renaming.columns)}`;
  const index: BuildJob = {
    ...common,
    id: `${entry.id} index`,
    isExclusive: false,
    run: async (worker) =>
      void (await build.workers[worker]!.query(sql, undefined, build.options.signal).catch(
        (error: unknown) => (because = refusalOf(error)),
      )),
  };
  const whole = finish(() => byIndex.addConstraint);
  return [index, { ...common, id: String(entry.id), after: [...common.after, index.id], isExclusive: true, run: whole }];
}

/** What the index is refused for, is told with the name of its constraint, which cannot be without it. Raises what may pass. */
function refusalOf(error: unknown): SmartantError {
  if (!(error instanceof SmartantError) || error.retryable || error.kind === 'cancelled') throw error;
  return error;
}

/** A key by an index would also make an heir's inherited NOT NULL one of its own; that of a partitioned table cannot be made so. */
function maySplit({ options, sizes }: Build, { kind }: EntryRecord, table: string | null): boolean {
  return (
    kind === 'CONSTRAINT' &&
    table !== null &&
    !sizes.isPartitioned(table) &&
    !sizes.isHeir(table) &&
    options.scope.targetPolicy !== 'append'
  );
}

/** An index's statement may be followed by others that take stronger locks: CLUSTER ON, REPLICA IDENTITY, SET STATISTICS. */
function isPlainIndex({ kind }: EntryRecord, statement: string): boolean {
  return kind === 'INDEX' && !/;\s*\S/.test(statement.replace(/'(?:[^']|'')*'|"(?:[^"]|"")*"/g, ''));
}

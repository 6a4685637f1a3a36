import type { Table, TableName } from '../catalog/catalog';
import { nameOf } from '../catalog/target-name';
import { describeEntry } from '../schema/entry-statement';
import { holdSchema } from '../schema/hold-schema';
import { keyOf } from '../schema/schema-scope';
import type { EntryRecord, SchemaRecord } from '../schema/schema-record';
import type { PgEndpoint, PgSession } from '../session/pg-session';
import { analyzeJob } from './analyze-tables';
import { INDEX_KINDS, jobsOf } from './build-indexes';
import { BuildQueue, type BuildJob } from './build-queue';
import { forgetBuilds } from './forget-builds';
import { indexOfConstraint } from './index-of-constraint';
import { indexesThatWait } from './indexes-that-wait';
import { prepareBuild, WHILE_COPYING, withWorkers, type Build, type RestoreConstraintsOptions } from './restore-constraints';

export interface BuildWhileCopyingOptions extends Omit<RestoreConstraintsOptions, 'onFinding'> {
  source: PgEndpoint;
  /** Tables that are copied already, and stay so; by their names at the source, as all here. */
  copied: readonly TableName[];
  /** Building has ended before its time; the copy goes on, and `restoreConstraints` does what is left. */
  onStopped: (error: unknown) => void;
}

/** To be called for each table all of whose rows are committed. */
export type TableCopied = (table: TableName) => void;

/**
 * Runs a copy, and meanwhile builds the indexes and keys of each table that is copied and gathers its statistics: what is built uses the
 * processor while the copy waits for the disk and the network, and reads rows that are still in the server's memory. What is left over, refused or
 * interrupted is `restoreConstraints`' to do. Commits follow the rows' in the log, so that no index outlives the rows of its table in a crash.
 *
 * Resolves as `copy` does, once everything that could be built is. Raises what `copy` raises, DATABASE_EPOCH_STALE and SCHEMA_COPY_BUSY.
 */
export async function buildWhileCopying<T>(options: BuildWhileCopyingOptions, copy: (onCopied: TableCopied) => Promise<T>): Promise<T> {
  return holdSchema(options, async ({ session, record, step }) => {
    // Before there is no schema, and afterwards everything is built: tables that are copied again keep their indexes.
    if (step !== 'restored') return copy(() => undefined);
    const stop = new AbortController();
    const build = await EarlyBuild.prepare({ ...options, signal: AbortSignal.any([options.signal, stop.signal]) }, session, record);
    const building = build.run().catch((error: unknown) => stop.signal.aborted || options.onStopped(error));
    try {
      return await copy((table) => build.add(table));
    } catch (error) {
      stop.abort();
      build.stop();
      throw error;
    } finally {
      build.end();
      await building;
    }
  });
}

class EarlyBuild {
  private readonly queue = new BuildQueue();
  /** Jobs are made one table after the other. */
  private adding: Promise<unknown> = Promise.resolve();
  /** Tables whose rows are still to come. */
  private readonly missing: Set<string>;
  private readonly parallel = new Set<number>();

  private constructor(
    private readonly options: BuildWhileCopyingOptions,
    private readonly build: Build,
    /** What may be built when the rows of its table are there, by the table. */
    private readonly entries: ReadonlyMap<string, EntryRecord[]>,
  ) {
    this.missing = new Set(options.scope.tables.filter(({ kind }) => kind === 'r').map(nameOf));
  }

  /** Before the copy begins: what it copies anew has no indexes then. */
  static async prepare(options: BuildWhileCopyingOptions, session: PgSession, record: SchemaRecord): Promise<EarlyBuild> {
    // What is refused now is tried again, and told, by `restoreConstraints`.
    const build = await prepareBuild({ ...options, onFinding: () => undefined }, session, record, []);
    const { scope, targetName } = options;
    const tables = scope.tables.filter(({ kind }) => kind === 'r');
    const copied = new Set(options.copied.map(nameOf));
    const anew = tables.filter((table) => !copied.has(nameOf(table)));
    if (scope.targetPolicy !== 'append') await forgetBuilds(build, anew);
    options.onBuilt(build.entries.filter(isBuiltEarly).length);
    // The target's are empty yet.
    const bytes = new Map(tables.map((table) => [keyOf(targetName(table)), table.bytes]));
    build.sizes = { ...build.sizes, bytes: (key) => bytes.get(key ?? '') ?? 0 };
    const early = await earlyEntries(build, await indexNamesThatWait(options));
    return new EarlyBuild(
      options,
      build,
      Map.groupBy(early, ({ table }) => nameOf(table!)),
    );
  }

  async run(): Promise<void> {
    await withWorkers(this.options, this.build.session, { max_parallel_maintenance_workers: '0' }, async (workers) => {
      this.build.workers.push(...workers);
      for (const table of this.options.copied) this.add(table);
      await this.queue.run(workers.length).finally(() => this.adding.catch(() => undefined));
      await this.adding;
    });
  }

  add(table: TableName): void {
    this.missing.delete(nameOf(table));
    this.adding = this.adding.then(async () => this.queue.add(await this.jobsOf(table)));
    this.adding.catch(() => this.queue.stop());
  }

  /** The copy has ended: nothing is added any more. */
  end(): void {
    this.missing.clear();
    void this.adding.catch(() => undefined).then(() => this.queue.end());
  }

  /** Nothing begins any more. */
  stop(): void {
    this.queue.stop();
  }

  private async jobsOf(table: TableName): Promise<BuildJob[]> {
    const { build } = this;
    const jobs: BuildJob[] = [];
    for await (const entry of build.record.withStatements(build.session, this.entries.get(nameOf(table)) ?? []))
      jobs.push(...(await jobsOf(build, entry, () => this.tell(entry), { note: WHILE_COPYING })));
    const all = [...jobs, { ...analyzeJob(build, table), after: jobs.map(({ id }) => id) }];
    return all.map((job) => ({ ...job, run: (worker) => this.sparing(worker).then(() => job.run(worker)) }));
  }

  /**
   * Beside a copy, each build is by one process of the server: helpers of its own cost a quarter more of the processor's time, which the copy
   * could have had. Afterwards they are as the server's owner wants them.
   */
  private async sparing(worker: number): Promise<void> {
    if (this.missing.size > 0 || this.parallel.has(worker)) return;
    await this.build.workers[worker]!.query('RESET max_parallel_maintenance_workers', undefined, this.options.signal);
    this.parallel.add(worker);
  }

  private tell(entry: EntryRecord): void {
    if (entry.state !== 'done') return;
    this.options.onBuilt(1);
    const total = [...this.entries.values()].flat();
    const done = total.filter(({ state }) => state === 'done').length;
    this.options.onProgress({ step: 'indexes', done, total: total.length, object: describeEntry(entry) });
  }
}

const isBuiltEarly = ({ kind, state, note }: EntryRecord) => INDEX_KINDS.has(kind) && state === 'done' && note === WHILE_COPYING;

async function indexNamesThatWait({ source, migrationId, signal }: BuildWhileCopyingOptions): Promise<Set<string>> {
  const session = await source.open({ applicationName: `smartant indexes ${migrationId}`, signal });
  return indexesThatWait(session, signal).finally(() => session.close());
}

/** Indexes and keys of tables with rows that need nothing but those, in the order of the dump. */
async function earlyEntries(build: Build, waiting: ReadonlySet<string>): Promise<EntryRecord[]> {
  const { record, session, entries, options } = build;
  // For renamed columns of partitions their root is altered, which waits for rows that are copied into others of them.
  const waits = (table: Table) => table.root !== null && build.renaming.columns.has(keyOf(table));
  const tables = new Set(options.scope.tables.filter((table) => table.kind === 'r' && !waits(table)).map(nameOf));
  const missing = new Map(entries.filter(({ state }) => state !== 'done' && state !== 'kept').map((entry) => [entry.id, entry]));
  const candidates = [...missing.values()].filter(
    ({ kind, state, table, schema, tag }) =>
      state === 'pending' &&
      table !== null &&
      tables.has(nameOf(table)) &&
      (kind === 'CONSTRAINT' || (kind === 'INDEX' && !waiting.has(keyOf({ schema, table: tag })))),
  );
  const early: EntryRecord[] = [];
  for await (const entry of record.withStatements(session, candidates)) {
    if (entry.dependsOn.some((id) => missing.has(id))) continue;
    // An exclusion constraint may call anything.
    if (entry.kind === 'CONSTRAINT' && !indexOfConstraint((await record.statements(session, entry.id)).statement)) continue;
    early.push(entry);
  }
  return early;
}

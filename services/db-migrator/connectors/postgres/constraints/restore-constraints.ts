import type { Finding } from '../../../application/ports/database-engine';
import { SmartantError } from '@smartant/kernel';
import { type TableName } from '../catalog/catalog';
import type { PgSession } from '../session/pg-session';
import { restRestoredEventTriggers } from '../session/rest-event-triggers';
import { renamingOf } from '../schema/copy-schema';
import { findingOfLeftOut, findingOfRefusal } from '../schema/entry-findings';
import { describeEntry } from '../schema/entry-statement';
import { holdSchema, openRestoreSession, type SchemaHolder } from '../schema/hold-schema';
import { restoreEntry, type Renaming, type Restored, type RestoreOptions } from '../schema/restore-entry';
import { keyOf, type SchemaScope } from '../schema/schema-scope';
import type { EntryRecord, SchemaRecord } from '../schema/schema-record';
import { analyzeTables } from './analyze-tables';
import { buildIndexes, INDEX_KINDS } from './build-indexes';
import { memoryForBuilds } from './memory-for-builds';
import { refreshViews } from './refresh-views';
import { relationSizes, type RelationSizes } from './relation-sizes';
import { addForeignKeys, validateConstraints } from './foreign-keys';

export type BuildStep = 'indexes' | 'foreign-keys' | 'validation' | 'objects' | 'statistics' | 'views' | 'event-triggers';

export interface BuildProgress {
  step: BuildStep;
  /** Of this step, with what earlier calls had done. */
  done: number;
  total: number;
  /** What was done last: "index zoo.account_note". */
  object: string;
}

export interface RestoreConstraintsOptions extends SchemaHolder {
  scope: SchemaScope;
  targetName: (name: TableName) => TableName;
  /** Indexes, constraints and tables at once; 0: chosen here. */
  jobs: number;
  /** Some tables have no rows yet: what rows of several tables have to fulfil is left to `validateAgain`. */
  rowsAreMissing?: boolean;
  /** Without the rest, which a later call makes: what changes of rows are found by. */
  onlyIndexes?: boolean;
  onProgress: (progress: BuildProgress) => void;
  /** Indexes and keys that stand by these calls: first, at once, what earlier ones built, then each that is built. */
  onBuilt: (indexes: number) => void;
  onFinding: (finding: Finding) => void;
}

export interface BuiltConstraints {
  /** Indexes and keys, with those that were built before. */
  indexes: number;
  refused: number;
}

/** What the steps share. */
export interface Build {
  options: RestoreConstraintsOptions;
  record: SchemaRecord;
  /** The holder's own, for what is done one after the other. */
  session: PgSession;
  workers: PgSession[];
  renaming: Renaming;
  sizes: RelationSizes;
  /** The target's name of an entry's table, as `keyOf`. */
  tableOf: (entry: EntryRecord) => string | null;
  restore: (
    session: PgSession,
    entry: EntryRecord,
    change?: Pick<RestoreOptions, 'rewrite' | 'isUnchecked' | 'note' | 'because'>,
  ) => Promise<Restored>;
  entries: EntryRecord[];
}

/** Two were best on two cores (a build has parallel workers of its own); more gain little where the disk is the bound. */
const JOBS = 2;
/** The note of an entry that was built before all tables were copied. */
export const WHILE_COPYING = 'built while others were copied';
const KEYS_NEEDED = new Set(['CONSTRAINT']);

/**
 * Makes at the target what comes after the rows, by the dump that `copySchema` took: indexes and keys in parallel, foreign keys without a look
 * at the rows and then with one, triggers, rules, policies, rights, statistics of the planner, materialized views, event triggers last. Each is
 * recorded in the transaction that makes it, so this can be called again after a crash anywhere.
 *
 * What the target refuses is a finding; SCHEMA_OBJECT_REFUSED is raised at the end when that is a key. Raises DATABASE_EPOCH_STALE, SCHEMA_COPY_BUSY.
 */
export async function restoreConstraints(options: RestoreConstraintsOptions): Promise<BuiltConstraints> {
  return holdSchema(options, async ({ session, record, step }) => {
    if (step !== 'restored' && step !== 'built') {
      throw new SmartantError('SCHEMA_COPY_UNFINISHED', 'The schema has to be copied before constraints are.', {
        kind: 'precondition',
        actor: 'bug',
      });
    }
    if (step === 'restored') await record.retryRefused(session);
    return withWorkers(options, session, {}, async (workers) =>
      runBuild(await prepareBuild(options, session, record, workers), step === 'built'),
    );
  });
}

/** Sessions for `options.jobs` builds at once, closed in the end. */
export async function withWorkers<T>(
  options: Pick<RestoreConstraintsOptions, 'jobs' | keyof SchemaHolder>,
  session: PgSession,
  settings: Record<string, string>,
  work: (workers: PgSession[]) => Promise<T>,
): Promise<T> {
  const jobs = options.jobs > 0 ? options.jobs : JOBS;
  const memory = await memoryForBuilds(session, jobs);
  const opening = await Promise.allSettled(
    Array.from({ length: jobs }, () => openRestoreSession(options, { maintenance_work_mem: memory, ...settings })),
  );
  const workers = opening.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
  try {
    for (const each of opening) if (each.status === 'rejected') throw each.reason;
    for (const worker of workers) await restRestoredEventTriggers(worker, options.signal);
    return await work(workers);
  } finally {
    await Promise.all(workers.map((worker) => worker.close()));
  }
}

export async function prepareBuild(
  options: RestoreConstraintsOptions,
  session: PgSession,
  record: SchemaRecord,
  workers: PgSession[],
): Promise<Build> {
  const { scope, targetName, signal, onFinding } = options;
  const renaming = renamingOf(options);
  const restore: Build['restore'] = async (worker, entry, change = {}) => {
    const settings = { renaming, owners: scope.roles, keepsExisting: scope.targetPolicy === 'append', ...change };
    const restored = await restoreEntry(worker, record, entry, settings, signal);
    entry.state = restored.state;
    if (restored.state === 'refused') onFinding(refusal(entry, restored));
    return restored;
  };
  return {
    options,
    record,
    session,
    workers,
    renaming,
    sizes: await relationSizes(session, signal),
    tableOf: ({ table }) => (table === null ? null : keyOf(targetName(table))),
    restore,
    entries: await record.entries(session, 'post', signal),
  };
}

async function runBuild(build: Build, isBuilt: boolean): Promise<BuiltConstraints> {
  const built = (entry: EntryRecord) => INDEX_KINDS.has(entry.kind) && entry.state === 'done';
  build.options.onBuilt(build.entries.filter((entry) => built(entry) && entry.note !== WHILE_COPYING).length);
  if (!isBuilt) {
    for (const entry of build.entries) {
      const leftOut = findingOfLeftOut(entry);
      if (leftOut) build.options.onFinding(leftOut);
    }
    await buildIndexes(build);
    if (build.options.onlyIndexes) return { indexes: 0, refused: 0 };
    await addForeignKeys(build);
    if (!build.options.rowsAreMissing) await validateConstraints(build);
    await restoreObjects(build, 'objects', ({ kind }) => !['MATERIALIZED VIEW DATA', 'EVENT TRIGGER'].includes(kind));
    await analyzeTables(build);
    await refreshViews(build);
    await restoreObjects(build, 'event-triggers', ({ kind }) => kind === 'EVENT TRIGGER');
  }
  const refused = build.entries.filter(({ state }) => state === 'refused');
  const keys = refused.filter(({ kind }) => KEYS_NEEDED.has(kind));
  if (keys.length > 0) {
    throw new SmartantError(
      'SCHEMA_OBJECT_REFUSED',
      `The target refused ${keys.length} keys: ${keys.slice(0, 5).map(describeEntry).join(', ')}.`,
      {
        kind: 'precondition',
        hint: 'See the findings for what the target says of each, mend it there, and resume.',
      },
    );
  }
  if (!isBuilt) await build.record.setStep(build.session, 'built');
  return { indexes: build.entries.filter(built).length, refused: refused.length };
}

/** What takes no time, one after the other in the order of the dump; rights last. */
async function restoreObjects(build: Build, step: BuildStep, isMeant: (entry: EntryRecord) => boolean): Promise<void> {
  const isRight = ({ kind }: EntryRecord) => kind === 'ACL' || kind === 'DEFAULT ACL';
  const meant = build.entries.filter((entry) => isMeant(entry) && entry.state !== 'left out');
  const ordered = [...meant.filter((entry) => !isRight(entry)), ...meant.filter(isRight)];
  let done = 0;
  for await (const entry of build.record.withStatements(build.session, ordered)) {
    if (entry.state === 'pending') await build.restore(build.session, entry);
    done += 1;
    build.options.onProgress({ step, done, total: ordered.length, object: describeEntry(entry) });
  }
}

function refusal(entry: EntryRecord, restored: Restored): Finding {
  const finding = findingOfRefusal(entry, restored);
  return KEYS_NEEDED.has(entry.kind) ? { ...finding, severity: 'blocker' } : finding;
}

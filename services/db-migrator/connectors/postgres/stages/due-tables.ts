import { SmartantError } from '@smartant/kernel';
import { qualified, type Table, type TableName } from '../catalog/catalog';
import { nameOf, splitName } from '../catalog/target-name';
import { recopyTables } from '../copy/copy-tables';
import { existingTables } from '../schema/clear-target';
import { selectTables } from '../catalog/select-tables';
import { streamObjectNames } from '../replication/object-names';
import type { PgSession } from '../session/pg-session';
import type { TableSync } from './migration-state';
import { applicationName, readScope, withSession, type OpenJob } from './open-job';
import { readCopiedTables } from './stream-stages';

export interface DueTables {
  /** Of the scope, without those that are put aside. */
  tables: Table[];
  /** Of them, those whose rows are not at the target, or are to come again. */
  due: Table[];
  /** What the target does not have: tables that are due, and what they are parts of. */
  made: Table[];
  /** Were copied, and belong to the scope no longer. */
  dropped: TableName[];
}

/** Tables that somebody asked to be copied again are marked so, each request once. */
export async function hearResyncs({ job, target, state }: OpenJob, signal: AbortSignal): Promise<void> {
  const { resynced = {} } = await state.load();
  const asked = job.scope.resyncs.filter(({ table, request }) => request > (resynced[table] ?? 0));
  if (asked.length === 0) return;
  const names = asked.map(({ table }) => splitName(table));
  await recopyTables({ target, migrationId: job.migrationId, epoch: job.epoch, signal }, names);
  await state.save({ resynced: { ...resynced, ...Object.fromEntries(asked.map(({ table, request }) => [table, request])) } });
}

/**
 * What the scope asks for beside what the target has. A partition without a record was attached to its root after the copy, and all its rows are in
 * the stream. Tables that cannot be brought in are put aside here. `before`: an earlier holder's try, whose tables are not somebody else's.
 */
export async function findDue(open: OpenJob, before: TableSync | undefined, signal: AbortSignal): Promise<DueTables> {
  const { job, target } = open;
  const { catalog, tables } = await readScope(open, signal);
  const records = new Map((await readCopiedTables(open, signal)).map((record) => [nameOf(record.table), record]));
  const selected = new Set(selectTables(catalog, job.scope).map(nameOf));
  const known = new Set(catalog.tables.map(nameOf));
  const dropped = [...records].filter(([name, { state }]) => state === 'copied' && known.has(name) && !selected.has(name));
  const newRoots = new Set(tables.filter(({ kind, root }) => kind === 'p' && root === null).map(nameOf));
  for (const { root } of tables) if (root && hasRecord(records, tables, root)) newRoots.delete(nameOf(root));
  const isDue = (table: Table) => {
    if (table.kind !== 'r') return false;
    const record = records.get(nameOf(table));
    if (record) return record.state !== 'copied';
    return table.root === null || newRoots.has(nameOf(table.root));
  };
  const wanted = tables.filter(isDue);
  await withoutPlace(open, tables, records, signal);
  const { due, made } = await withSession(target, applicationName(job, 'sync'), signal, (session) =>
    withoutObstacles(open, session, { tables, wanted, known: new Set(records.keys()), before }, signal),
  );
  const aside = await job.excludedTables();
  return { tables: tables.filter((table) => !aside.has(nameOf(table))), due, made, dropped: dropped.map(([, { table }]) => table) };
}

function hasRecord(records: ReadonlyMap<string, unknown>, tables: readonly Table[], root: TableName): boolean {
  return tables.some((table) => table.root && nameOf(table.root) === nameOf(root) && records.has(nameOf(table)));
}

interface Wanted {
  tables: Table[];
  wanted: Table[];
  /** Tables that the target has rows of by this migration. */
  known: ReadonlySet<string>;
  before: TableSync | undefined;
}

async function withoutObstacles(
  open: OpenJob,
  session: PgSession,
  { tables, wanted, known, before }: Wanted,
  signal: AbortSignal,
): Promise<Pick<DueTables, 'due' | 'made'>> {
  if (wanted.length === 0) return { due: [], made: [] };
  const { job, targetName } = open;
  const whole = withParents(tables, wanted);
  const there = new Set((await existingTables(session, whole.map(targetName), signal)).map(nameOf));
  const ours = new Set(before?.made.map(nameOf));
  const made = whole.filter((table) => ours.has(nameOf(table)) || !there.has(nameOf(targetName(table))));
  const foreign = (table: Table) => job.scope.targetPolicy !== 'append' && !known.has(nameOf(table)) && !made.includes(table);
  const isReplica = await mayActAsReplica(session);
  const aside = await job.excludedTables();
  const due: Table[] = [];
  for (const table of wanted.filter((each) => !aside.has(nameOf(each)))) {
    const problem = foreign(table)
      ? alreadyThere(table, targetName(table))
      : await referredTo(session, table, targetName(table), isReplica, signal);
    if (problem === null) due.push(table);
    else await job.quarantine({ unit: nameOf(table), code: problem.code, message: problem.message });
  }
  const left = new Set(withParents(tables, due).map(nameOf));
  return { due, made: made.filter((table) => left.has(nameOf(table))) };
}

/** Tables with the roots and the parents that they cannot be made without, in the order of the catalogue. */
function withParents(tables: readonly Table[], some: readonly Table[]): Table[] {
  const byName = new Map(tables.map((table) => [nameOf(table), table]));
  const found = new Set<Table>();
  const bring = (table: Table) => {
    if (found.has(table)) return;
    found.add(table);
    for (const parent of table.parents) {
      const of = byName.get(nameOf(parent));
      if (of) bring(of);
    }
  };
  some.forEach(bring);
  return tables.filter((table) => found.has(table));
}

function alreadyThere(table: Table, name: TableName): SmartantError {
  return new SmartantError('SCHEMA_TABLES_EXIST', `The target has a table ${nameOf(name)} that this migration did not make.`, {
    kind: 'precondition',
    hint: `Drop it at the target, then retry ${nameOf(table)}.`,
  });
}

/** Where foreign keys stay in force, taking the rows away would take others with them, or fail. */
async function referredTo(
  session: PgSession,
  table: Table,
  name: TableName,
  isReplica: boolean,
  signal: AbortSignal,
): Promise<SmartantError | null> {
  if (isReplica) return null;
  const rows = await session.query(
    `SELECT FROM pg_constraint WHERE contype = 'f' AND confrelid = to_regclass($1) AND conrelid <> confrelid LIMIT 1`,
    [qualified(name)],
    signal,
  );
  if (rows.length === 0) return null;
  return new SmartantError('DATABASE_TABLE_REFERRED_TO', `Other tables of the target refer to rows of ${nameOf(table)}.`, {
    kind: 'precondition',
    hint: 'Give the target’s role the right to set session_replication_role, or drop those foreign keys until the table is copied again.',
  });
}

/**
 * Tables that name no old rows are in a publication of their own. Where the stream began without one, it cannot have it later: it would have to be
 * older than what the stream still has to read.
 */
async function withoutPlace(
  { job, target, state }: OpenJob,
  tables: readonly Table[],
  records: ReadonlyMap<string, unknown>,
  signal: AbortSignal,
): Promise<void> {
  if ((await state.stream('stream')).publications.includes(streamObjectNames(job.migrationId).insertsOnly)) return;
  for (const table of tables) {
    if (table.kind !== 'r' || table.isUnlogged || table.identityColumns.length > 0) continue;
    if (records.has(nameOf(table))) await recopyTables({ target, migrationId: job.migrationId, epoch: job.epoch, signal }, [table]);
    await job.quarantine({
      unit: nameOf(table),
      code: 'DATABASE_TABLE_WITHOUT_IDENTITY',
      message: `Updates and deletes of ${nameOf(table)} name no row. Give it a primary key, or REPLICA IDENTITY FULL or USING INDEX, then retry it.`,
    });
  }
}

/** Whether rows may be put in without a look at foreign keys. */
export async function mayActAsReplica(session: PgSession): Promise<boolean> {
  try {
    await session.query('SET session_replication_role = replica');
    await session.query('RESET session_replication_role');
    return true;
  } catch (error) {
    if (error instanceof SmartantError && error.code === 'DATABASE_ACCESS_DENIED') return false;
    throw error;
  }
}

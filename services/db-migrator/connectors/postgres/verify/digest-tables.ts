import type { PgSession } from '../session/pg-session';
import type { Table } from '../catalog/catalog';
import { countSql, digestSql, type RowForm, type RowsQuery } from './row-digest';

/** What one side of a table comes to. */
export interface TableDigest {
  rows: bigint;
  sum: bigint;
  bytes: bigint;
}

/** A table on one side, with what to hash of it. */
export interface DigestTask {
  table: Table;
  query: RowsQuery;
  form: RowForm;
}

export interface DigestOptions {
  sessions: readonly PgSession[];
  seed: string;
  admit?: (bytes: number, signal: AbortSignal) => Promise<void>;
  /** Called as parts are done. */
  onPart?: (rows: number, bytes: number) => void;
  signal: AbortSignal;
}

interface Part {
  task: DigestTask;
  index: number;
  query: RowsQuery;
  bytes: number;
}

/** About 128 MiB: long enough to be worth its query, short enough for several sessions to end together. */
const PART_BLOCKS = 16_384;
const BLOCK_BYTES = 8_192;
/** A condition on ctid is a range of blocks only since this version; before, each part would read all of the table. */
const TID_RANGE_SCANS = 140_000;

/** Digests of tables in the order of `tasks`; large ones in parts that several sessions share. */
export async function digestTables(tasks: readonly DigestTask[], options: DigestOptions): Promise<TableDigest[]> {
  const results: TableDigest[] = tasks.map(() => ({ rows: 0n, sum: 0n, bytes: 0n }));
  const parts = tasks.flatMap((task, index) => partsOf(task, index, options.sessions[0]?.serverVersion ?? 0));
  // The longest first: the last to end is then a short one.
  parts.sort((a, b) => b.bytes - a.bytes);
  let next = 0;
  const work = async (session: PgSession) => {
    for (let part = parts[next++]; part; part = parts[next++]) {
      await options.admit?.(part.bytes, options.signal);
      const digest = await digestPart(session, part, options);
      const result = results[part.index] as TableDigest;
      result.rows += digest.rows;
      result.sum += digest.sum;
      result.bytes += digest.bytes;
      options.onPart?.(Number(digest.rows), Number(digest.bytes));
    }
  };
  await allSettledOrFirst(options.sessions.map(work));
  return results;
}

/** Waits for all, so that no session is in use any more when the first error is raised. */
export async function allSettledOrFirst<T>(work: Promise<T>[]): Promise<T[]> {
  const settled = await Promise.allSettled(work);
  const failed = settled.find((result) => result.status === 'rejected');
  if (failed) throw failed.reason;
  return settled.map((result) => (result as PromiseFulfilledResult<T>).value);
}

function partsOf(task: DigestTask, index: number, serverVersion: number): Part[] {
  const { pages } = task.table;
  if (serverVersion < TID_RANGE_SCANS || pages <= PART_BLOCKS) return [{ task, index, query: task.query, bytes: task.table.bytes }];
  const count = Math.ceil(pages / PART_BLOCKS);
  return Array.from({ length: count }, (_, part) => {
    const from = part * PART_BLOCKS;
    // The table may have grown since it was looked at.
    const to = part === count - 1 ? null : from + PART_BLOCKS;
    return { task, index, query: { ...task.query, blocks: { from, to } }, bytes: Math.min(PART_BLOCKS, pages - from) * BLOCK_BYTES };
  });
}

async function digestPart(session: PgSession, { task, query }: Part, { seed, signal }: DigestOptions): Promise<TableDigest> {
  const sql = task.form === 'count' ? countSql(query) : digestSql(query, seed);
  const [row] = await session.query(sql, undefined, signal);
  return { rows: BigInt(row?.['rows'] ?? 0), sum: BigInt(row?.['sum'] ?? 0), bytes: BigInt(row?.['bytes'] ?? 0) };
}

export function isSameDigest(a: TableDigest, b: TableDigest): boolean {
  return a.rows === b.rows && a.sum === b.sum && a.bytes === b.bytes;
}

export function digestText({ rows, sum }: TableDigest): string {
  return `${rows}:${sum}`;
}

export function tableKey(table: Pick<Table, 'schema' | 'table'>): string {
  return `${table.schema}.${table.table}`;
}

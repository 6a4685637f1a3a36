import { SmartantError } from '@smartant/kernel';
import type { Admit } from '../../../application/ports/database-engine';
import type { PgRow, PgSession } from '../session/pg-session';
import type { Table } from '../catalog/catalog';
import { FROM_THE_TABLE } from './snapshot-sessions';
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

/** Raised by the server for one table, which is put aside: its digest stays undefined. */
export interface UnreadableTable {
  task: DigestTask;
  error: SmartantError;
}

export interface DigestOptions {
  sessions: readonly PgSession[];
  seed: string;
  admit?: Admit;
  /** Before each part: waits while others are to have the servers for themselves. */
  beforePart?: (signal: AbortSignal) => Promise<void>;
  /** Called as parts are done. */
  onPart?: (rows: number, bytes: number) => void;
  /** Default: the error is raised. */
  onUnreadable?: (table: UnreadableTable) => void;
  signal: AbortSignal;
}

/** A query's worth: a part of one large table, or several small ones. */
interface Part {
  pieces: Piece[];
  bytes: number;
}

interface Piece {
  task: DigestTask;
  index: number;
  query: RowsQuery;
}

/** About 128 MiB: long enough to be worth its query, short enough for several sessions to end together. */
const PART_BLOCKS = 16_384;
const BLOCK_BYTES = 8_192;
/** A condition on ctid is a range of blocks only since this version; before, each part would read all of the table. */
const TID_RANGE_SCANS = 140_000;
/** Small tables are asked together: over a long way each question costs more than its answer. */
const TOGETHER = 40;
const TOGETHER_BYTES = 4 * 2 ** 20;

/** Digests of tables in the order of `tasks`; large ones in parts that several sessions share. Undefined: it could not be read. */
export async function digestTables(tasks: readonly DigestTask[], options: DigestOptions): Promise<(TableDigest | undefined)[]> {
  const results: (TableDigest | undefined)[] = tasks.map(() => ({ rows: 0n, sum: 0n, bytes: 0n }));
  const parts = partsOf(tasks, options.sessions[0]?.serverVersion ?? 0);
  let next = 0;
  const work = async (session: PgSession) => {
    for (let part = parts[next++]; part; part = parts[next++]) {
      await options.beforePart?.(options.signal);
      await options.admit?.(part.bytes, options.signal, 1);
      for (const { index, digest } of await digestPart(session, part, options)) {
        const result = results[index];
        if (!digest || !result) results[index] = undefined;
        else addDigest(result, digest);
        if (digest) options.onPart?.(Number(digest.rows), Number(digest.bytes));
      }
    }
  };
  await allSettledOrFirst(options.sessions.map(work));
  return results;
}

function addDigest(into: TableDigest, digest: TableDigest): void {
  into.rows += digest.rows;
  into.sum += digest.sum;
  into.bytes += digest.bytes;
}

/** Waits for all, so that no session is in use any more when the first error is raised. */
export async function allSettledOrFirst<T>(work: Promise<T>[]): Promise<T[]> {
  const settled = await Promise.allSettled(work);
  const failed = settled.find((result) => result.status === 'rejected');
  if (failed) throw failed.reason;
  return settled.map((result) => (result as PromiseFulfilledResult<T>).value);
}

/** The longest first: the last to end is then a short one. */
function partsOf(tasks: readonly DigestTask[], serverVersion: number): Part[] {
  const parts: Part[] = [];
  const small: Part[] = [];
  for (const [index, task] of tasks.entries()) {
    const { pages, bytes } = task.table;
    const count = serverVersion < TID_RANGE_SCANS ? 1 : Math.max(1, Math.ceil(pages / PART_BLOCKS));
    if (count > 1) parts.push(...rangesOf(task, index, count));
    else (bytes > TOGETHER_BYTES ? parts : small).push({ pieces: [{ task, index, query: task.query }], bytes });
  }
  for (let at = 0; at < small.length;) {
    const together: Part = { pieces: [], bytes: 0 };
    for (; at < small.length && together.pieces.length < TOGETHER && together.bytes < TOGETHER_BYTES; at += 1) {
      together.pieces.push(...small[at]!.pieces);
      together.bytes += small[at]!.bytes;
    }
    parts.push(together);
  }
  return parts.sort((a, b) => b.bytes - a.bytes);
}

function rangesOf(task: DigestTask, index: number, count: number): Part[] {
  const { pages } = task.table;
  return Array.from({ length: count }, (_, part) => {
    const from = part * PART_BLOCKS;
    // The table may have grown since it was looked at.
    const to = part === count - 1 ? null : from + PART_BLOCKS;
    const piece = { task, index, query: { ...task.query, blocks: { from, to } } };
    return { pieces: [piece], bytes: Math.min(PART_BLOCKS, pages - from) * BLOCK_BYTES };
  });
}

interface PieceDigest {
  index: number;
  digest: TableDigest | undefined;
}

/**
 * An error of the server ends a snapshot's transaction unless it is rolled back to before; where there was none that lets go of the table, so that
 * whoever alters it, and everybody behind, does not wait for the end of the snapshot.
 */
async function digestPart(session: PgSession, part: Part, options: DigestOptions): Promise<PieceDigest[]> {
  const { signal } = options;
  await session.query(`SAVEPOINT part; ${FROM_THE_TABLE}`, undefined, signal);
  try {
    const rows = await session.query(partSql(part, options.seed), undefined, signal);
    await session.query('ROLLBACK TO part', undefined, signal);
    return rows.map((row) => ({ index: Number(row['piece']), digest: digestOf(row) }));
  } catch (error) {
    const isOfTable = error instanceof SmartantError && error.details['sqlState'] !== undefined && !error.retryable;
    if (!isOfTable || !options.onUnreadable) throw error;
    await session.query('ROLLBACK TO part', undefined, signal);
    const [first] = part.pieces;
    if (part.pieces.length > 1) return await eachAlone(session, part, options);
    if (first) options.onUnreadable({ task: first.task, error });
    return part.pieces.map(({ index }) => ({ index, digest: undefined }));
  }
}

async function eachAlone(session: PgSession, part: Part, options: DigestOptions): Promise<PieceDigest[]> {
  const digests: PieceDigest[] = [];
  for (const piece of part.pieces) digests.push(...(await digestPart(session, { pieces: [piece], bytes: 0 }, options)));
  return digests;
}

function partSql({ pieces }: Part, seed: string): string {
  return pieces
    .map(
      ({ index, task, query }) =>
        `SELECT ${index} AS piece, d.* FROM (${task.form === 'count' ? countSql(query) : digestSql(query, seed)}) d`,
    )
    .join(' UNION ALL ');
}

export function digestOf(row: PgRow): TableDigest {
  return { rows: BigInt(row['rows'] ?? 0), sum: BigInt(row['sum'] ?? 0), bytes: BigInt(row['bytes'] ?? 0) };
}

export function isSameDigest(a: TableDigest, b: TableDigest): boolean {
  return a.rows === b.rows && a.sum === b.sum && a.bytes === b.bytes;
}

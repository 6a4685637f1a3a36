import { randomBytes } from 'node:crypto';
import type { DatabaseVerification } from '../../../application/ports/database-engine';
import type { Sequence, Table, TableName } from '../catalog/catalog';
import { nameOf } from '../catalog/target-name';
import { readCatalog } from '../catalog/read-catalog';
import { rowFilterOf } from '../copy/row-filter';
import type { PgEndpoint, PgSession } from '../session/pg-session';
import { compareSequences, type ComparedSequence } from './compare-sequences';
import { allSettledOrFirst, digestTables, type UnreadableTable } from './digest-tables';
import { findDifferences } from './find-differences';
import { rowBytesSql, verifiedColumns, type RowForm, type RowsQuery } from './row-digest';
import { openSnapshotSessions, type SnapshotSessions } from './snapshot-sessions';
import { isUnequal, summarize, type VerifiedTable } from './verification-summary';

export interface VerifyOptions {
  source: PgEndpoint;
  target: PgEndpoint;
  migrationId: string;
  /** Of the source; only ordinary tables (and partitions, not their roots) hold rows. */
  tables: readonly Table[];
  sequences: readonly Sequence[];
  targetName: (name: TableName) => TableName;
  /** Conditions of the scope: only these rows of the source have to be at the target. "schema.table" at the source. */
  rows: readonly { table: string; where: string }[];
  level: 'content' | 'counts';
  /** Sessions on each side. */
  jobs: number;
  /** The target was not empty: rows and values that it has beside the source's are no difference. */
  appended?: boolean;
  /** Where the source stands still; told in the result. */
  frozenPosition: string;
  /** Bytes about to be read from the source. */
  admit?: (bytes: number, signal: AbortSignal) => Promise<void>;
  onProgress?: (done: { rows: number; bytes: number }) => void;
  /** Between the snapshot of the source and that of the target: waits until the target has everything up to the position. */
  waitApplied?: (lsn: string, signal: AbortSignal) => Promise<void>;
  signal: AbortSignal;
}

export interface TablesVerification {
  /** Everything but `objects`, which counts the definitions that others compare. */
  verification: DatabaseVerification;
  /** The key of the hashes (docs/proof.md, "Rows of a database"). */
  seed: string;
  tables: VerifiedTable[];
  sequences: ComparedSequence[];
}

/**
 * Compares tables and sequences of both sides: row by row (`content`: a keyed multiset hash made by the servers, differing tables down to their rows) or by the
 * number of rows. Each side is read under one snapshot. Leaves of the roots are tables and sequences, both under the source's names.
 */
export async function verifyTables(options: VerifyOptions): Promise<TablesVerification> {
  const seed = randomBytes(8).readBigInt64BE().toString();
  return withSnapshots(options, async (pair) => {
    const { tables, sequences } = await new PairVerification(options, pair, seed).run();
    return { verification: summarize(options, tables, sequences, seed), seed, tables, sequences };
  });
}

export interface SnapshotPair {
  source: SnapshotSessions;
  target: SnapshotSessions;
}

async function withSnapshots<T>(options: VerifyOptions, work: (pair: SnapshotPair) => Promise<T>): Promise<T> {
  const name = `smartant verify ${options.migrationId}`;
  const source = await openSnapshotSessions(options.source, options.jobs, name, options.signal);
  try {
    await options.waitApplied?.(source.lsn, options.signal);
    const target = await openSnapshotSessions(options.target, options.jobs, name, options.signal);
    return await work({ source, target }).finally(() => target.close());
  } finally {
    await source.close();
  }
}

interface TablePair {
  table: Table;
  target: Table | null;
  where?: string;
}

class PairVerification {
  constructor(
    private readonly options: VerifyOptions,
    private readonly pair: SnapshotPair,
    private readonly seed: string,
  ) {}

  async run(): Promise<{ tables: VerifiedTable[]; sequences: ComparedSequence[] }> {
    const { options, pair } = this;
    const [source, target] = [pair.source.sessions[0]!, pair.target.sessions[0]!];
    const pairs = await this.pairs(target);
    const first = await this.digest(pairs, options.level === 'counts' ? 'count' : 'binary');
    // What differs in binary is asked again in text, which decides.
    const differing = new Set(first.filter((result) => result.form === 'binary' && isUnequal(result)).map(({ table }) => table));
    const again =
      differing.size > 0
        ? await this.digest(
            pairs.filter(({ table }) => differing.has(table)),
            'text',
          )
        : [];
    const byTable = new Map(again.map((result) => [result.table, result]));
    const tables = first.map((result) => byTable.get(result.table) ?? result);
    for (const [index, result] of tables.entries()) {
      if (result.form !== 'text' || !isUnequal(result)) continue;
      const [left, right] = this.queries(pairs[index]!, 'text');
      const sides = [
        { session: source, query: left },
        { session: target, query: right },
      ] as const;
      const search = { primaryKey: result.table.primaryKey, seed: this.seed, ofSource: options.appended ?? false };
      const differences = await findDifferences(...sides, search, options.signal);
      // All of the source's rows are there: those are what the target's leaf is of.
      if (search.ofSource && differences.count === 0) result.target = result.source;
      else result.differences = differences;
    }
    const sequences = await compareSequences(source, target, options.sequences, options.targetName, options.signal);
    return { tables, sequences: options.appended ? sequences.map(asAppended) : sequences };
  }

  private async pairs(target: PgSession): Promise<TablePair[]> {
    const { options } = this;
    const catalog = await readCatalog(target, options.signal);
    const others = new Map(catalog.tables.map((table) => [nameOf(table), table]));
    return options.tables
      .filter(({ kind }) => kind === 'r')
      .map((table) => ({
        table,
        target: matching(table, others.get(nameOf(options.targetName(table)))),
        where: rowFilterOf(table, options.rows) ?? undefined,
      }));
  }

  private async digest(pairs: readonly TablePair[], form: RowForm): Promise<VerifiedTable[]> {
    const { options, pair, seed } = this;
    const unreadable = new Map<Table, string>();
    const onUnreadable = ({ task, error }: UnreadableTable) => void unreadable.set(task.table, error.message);
    const both = pairs.filter(({ target }) => target);
    const shared = { seed, signal: options.signal, onUnreadable };
    const [theirs, ours] = await allSettledOrFirst([
      digestTables(
        // A table that the target lacks is counted: that is what is missing.
        pairs.map((each) => ({ table: each.table, query: this.queries(each, form)[0], form: each.target ? form : 'count' })),
        {
          ...shared,
          sessions: pair.source.sessions,
          admit: options.admit,
          onPart: (rows, bytes) => options.onProgress?.({ rows, bytes }),
        },
      ),
      digestTables(
        both.map((each) => ({ table: each.target!, query: this.queries(each, form)[1], form })),
        { ...shared, sessions: pair.target.sessions },
      ),
    ]);
    const targets = new Map(both.map((each, index) => [each, ours![index] ?? null]));
    return pairs.map((each, index) => ({
      table: each.table,
      form: each.target ? form : 'count',
      source: theirs![index] ?? null,
      target: targets.get(each) ?? null,
      unreadable: unreadable.get(each.table) ?? (each.target && unreadable.get(each.target)) ?? null,
      differences: null,
    }));
  }

  /** The condition of the scope holds for the source; everything at the target has to be one of those rows. */
  private queries({ table, target, where }: TablePair, form: RowForm): [RowsQuery, RowsQuery] {
    const columns = verifiedColumns(table);
    const others = target?.columns ?? columns;
    const byName = new Map(others.map((column) => [column.name, column]));
    const ours = columns.map((column) => byName.get(column.name) ?? column);
    return [
      { table, rowBytes: rowBytesSql(columns, others, form), where },
      { table: target ?? table, rowBytes: rowBytesSql(ours, columns, form), withPartitions: target?.kind === 'p' },
    ];
  }
}

function asAppended(sequence: ComparedSequence): ComparedSequence {
  return sequence.isFurther ? { ...sequence, target: sequence.source } : sequence;
}

/** A table of the target, of its own rows or partitioned, that has all columns which are moved. */
function matching(table: Table, target: Table | undefined): Table | null {
  if (!target || target.kind === 'f') return null;
  const names = new Set(target.columns.map(({ name }) => name));
  return verifiedColumns(table).every(({ name }) => names.has(name)) ? target : null;
}

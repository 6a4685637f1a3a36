import { randomBytes } from 'node:crypto';
import { BUCKET_COUNT, BucketDigests, leafDigest, type Leaf } from '@smartant/proof';
import type { DatabaseDifference, DatabaseVerification } from '../../../application/ports/database-engine';
import type { Sequence, Table, TableName } from '../catalog/catalog';
import { readCatalog } from '../catalog/read-catalog';
import type { PgEndpoint } from '../session/pg-session';
import { compareSequences, sequenceDifferences, type ComparedSequence } from './compare-sequences';
import { allSettledOrFirst, digestTables, isSameDigest, tableKey, type TableDigest } from './digest-tables';
import { findDifferences, type RowDifference, type TableDifferences } from './find-differences';
import { rowBytesSql, verifiedColumns, type RowForm, type RowsQuery } from './row-digest';
import { openSnapshotSessions, type SnapshotSessions } from './snapshot-sessions';

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
  /** Where the source stands still; told in the result. */
  frozenPosition: string;
  /** Bytes about to be read from the source. */
  admit?: (bytes: number, signal: AbortSignal) => Promise<void>;
  onProgress?: (done: { rows: number; bytes: number }) => void;
  /** Between the snapshot of the source and that of the target: waits until the target has everything up to the position. */
  waitApplied?: (lsn: string, signal: AbortSignal) => Promise<void>;
  signal: AbortSignal;
}

/** One table's outcome. */
export interface VerifiedTable {
  table: Table;
  form: RowForm;
  source: TableDigest;
  /** Null: the table, or one of its columns, is missing at the target. */
  target: TableDigest | null;
  differences: TableDifferences | null;
}

export interface TablesVerification {
  /** Everything but `objects`, which counts the definitions that others compare. */
  verification: DatabaseVerification;
  /** The key of the hashes (docs/proof.md, "Rows of a database"). */
  seed: string;
  tables: VerifiedTable[];
  sequences: ComparedSequence[];
}

/** Differences that are told; all are counted. */
const TOLD_DIFFERENCES = 1_000;
const TOLD_ROWS_OF_A_TABLE = 100;

/**
 * Compares tables and sequences of both sides: row by row (`content`: a keyed multiset hash made by the servers, differing tables down to their rows) or by the
 * number of rows. Each side is read under one snapshot. Leaves of the roots are tables and sequences, both under the source's names.
 */
export async function verifyTables(options: VerifyOptions): Promise<TablesVerification> {
  const seed = randomBytes(8).readBigInt64BE().toString();
  return withSnapshots(options, async (pair) => {
    const { tables, sequences } = await new PairVerification(options, pair, seed).run();
    return { verification: summary(options, tables, sequences, seed), seed, tables, sequences };
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
    const targetCatalog = await readCatalog(target, options.signal);
    const targetTables = new Map(targetCatalog.tables.map((table) => [tableKey(table), table]));
    const filters = new Map(options.rows.map(({ table, where }) => [table, where]));
    const pairs = options.tables
      .filter(({ kind }) => kind === 'r')
      .map((table) => ({
        table,
        target: matching(table, targetTables.get(tableKey(options.targetName(table)))),
        where: filters.get(tableKey(table)),
      }));
    const first = await this.digest(pairs, options.level === 'counts' ? 'count' : 'binary');
    const differing = first.filter((result) => result.form === 'binary' && result.target && !isSameDigest(result.source, result.target));
    const again = await this.digest(
      pairs.filter(({ table }) => differing.some((result) => result.table === table)),
      'text',
    );
    const tables = first.map((result) => again.find(({ table }) => table === result.table) ?? result);
    for (const result of tables) {
      if (!result.target || result.form !== 'text' || isSameDigest(result.source, result.target)) continue;
      const found = pairs.find(({ table }) => table === result.table)!;
      const [left, right] = this.queries(found, 'text');
      result.differences = await findDifferences(
        { session: source, query: left },
        { session: target, query: right },
        result.table.primaryKey,
        this.seed,
        options.signal,
      );
    }
    return { tables, sequences: await compareSequences(source, target, options.sequences, options.targetName, options.signal) };
  }

  private async digest(pairs: readonly TablePair[], form: RowForm): Promise<VerifiedTable[]> {
    const { options, pair, seed } = this;
    const onPart = (rows: number, bytes: number) => options.onProgress?.({ rows, bytes });
    const both = pairs.filter(({ target }) => target);
    // A table that the target lacks is counted: that is what is missing.
    const [theirs, ours] = await allSettledOrFirst([
      digestTables(
        pairs.map((each) => ({ table: each.table, query: this.queries(each, form)[0], form: each.target ? form : 'count' })),
        { sessions: pair.source.sessions, seed, admit: options.admit, onPart, signal: options.signal },
      ),
      digestTables(
        both.map((each) => ({ table: each.target!, query: this.queries(each, form)[1], form })),
        { sessions: pair.target.sessions, seed, signal: options.signal },
      ),
    ]);
    return pairs.map((each, index) => ({
      table: each.table,
      form: each.target ? form : 'count',
      source: theirs![index]!,
      target: each.target ? ours![both.indexOf(each)]! : null,
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
      { table: target ?? table, rowBytes: rowBytesSql(ours, columns, form) },
    ];
  }
}

/** A table of the target that has all columns which are moved. */
function matching(table: Table, target: Table | undefined): Table | null {
  if (!target || target.kind !== 'r') return null;
  const names = new Set(target.columns.map(({ name }) => name));
  return verifiedColumns(table).every(({ name }) => names.has(name)) ? target : null;
}

function summary(options: VerifyOptions, tables: VerifiedTable[], sequences: ComparedSequence[], seed: string): DatabaseVerification {
  const [source, target] = [new BucketDigests(), new BucketDigests()];
  for (const result of tables) {
    addLeaf(source, tableLeaf(result, result.source, seed));
    if (result.target) addLeaf(target, tableLeaf(result, result.target, seed));
  }
  for (const { key, source: theirs, target: ours } of sequences) {
    if (theirs !== null) addLeaf(source, sequenceLeaf(key, theirs));
    if (ours !== null) addLeaf(target, sequenceLeaf(key, ours));
  }
  const ofSequences = sequenceDifferences(sequences);
  const differences = [...tables.flatMap(tableDifferences), ...ofSequences];
  const differenceCount = tables.reduce((sum, table) => sum + tableDifferenceCount(table), 0) + ofSequences.length;
  const total = (side: 'source' | 'target', member: 'rows' | 'bytes') =>
    Number(tables.reduce((sum, table) => sum + (table[side]?.[member] ?? 0n), 0n));
  return {
    level: options.level,
    equal: differenceCount === 0 && source.root() === target.root(),
    tables: tables.length,
    sourceRows: total('source', 'rows'),
    sourceBytes: total('source', 'bytes'),
    targetRows: total('target', 'rows'),
    targetBytes: total('target', 'bytes'),
    sequences: sequences.length,
    objects: 0,
    sourceRoot: source.root(),
    targetRoot: target.root(),
    bucketCount: BUCKET_COUNT,
    frozenPosition: options.frozenPosition,
    differences: differences.slice(0, TOLD_DIFFERENCES),
    differenceCount,
    waivedCount: 0,
  };
}

function addLeaf(digests: BucketDigests, leaf: Leaf): void {
  digests.add(leaf.key, leafDigest(leaf), leaf.size);
}

/** docs/proof.md, "Rows of a database". */
function tableLeaf({ table, form }: VerifiedTable, { rows, sum, bytes }: TableDigest, seed: string): Leaf {
  const evidence: Leaf['evidence'] =
    form === 'count' ? { kind: 'none' } : { kind: 'checksum', algorithm: `pg-row-sum-${form}-v1`, value: `${seed}:${sum}` };
  return { key: `table ${tableKey(table)}`, size: Number(bytes), evidence, properties: { rows: String(rows) } };
}

function sequenceLeaf(key: string, state: string): Leaf {
  return { key: `sequence ${key}`, size: 0, evidence: { kind: 'checksum', algorithm: 'pg-sequence-v1', value: state }, properties: {} };
}

function tableDifferenceCount({ source, target, differences }: VerifiedTable): number {
  if (differences) return Math.max(1, differences.count);
  return target && isSameDigest(source, target) ? 0 : 1;
}

function tableDifferences(result: VerifiedTable): DatabaseDifference[] {
  const name = tableKey(result.table);
  if (tableDifferenceCount(result) === 0) return [];
  if (!result.target) {
    const detail = `The table or one of its columns is missing at the target (${result.source.rows} rows).`;
    return [{ key: name, kind: 'missing-at-target', detail, waived: false }];
  }
  if (!result.differences || result.differences.rows.length === 0) {
    const detail = `${result.source.rows} rows at the source, ${result.target.rows} at the target.`;
    return [{ key: name, kind: result.source.rows > result.target.rows ? 'missing-at-target' : 'content', detail, waived: false }];
  }
  return result.differences.rows.slice(0, TOLD_ROWS_OF_A_TABLE).map((row) => rowDifference(name, row));
}

export function rowDifference(table: string, { key, kind }: RowDifference): DatabaseDifference {
  const details = {
    'missing-at-target': 'The row is not at the target.',
    'extra-at-target': 'The row is not at the source.',
    content: 'The row has another content at the target.',
  };
  return { key: `${table} ${key}`, kind, detail: details[kind], waived: false };
}

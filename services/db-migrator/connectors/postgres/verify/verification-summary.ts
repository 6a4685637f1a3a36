import { BUCKET_COUNT, BucketDigests, leafDigest, type Leaf } from '@smartant/proof';
import type { ComparedTable, DatabaseDifference, DatabaseVerification } from '../../../application/ports/database-engine';
import type { Table } from '../catalog/catalog';
import { nameOf } from '../catalog/target-name';
import type { ComparedLargeObjects, LargeObjectDigest } from './compare-large-objects';
import { sequenceDifferences, type ComparedSequence } from './compare-sequences';
import { isSameDigest, type TableDigest } from './digest-tables';
import type { RowDifference, TableDifferences } from './find-differences';
import type { RowForm } from './row-digest';

/** One table's outcome. */
export interface VerifiedTable {
  /** Of the source. */
  table: Table;
  form: RowForm;
  /** Null: it could not be read. */
  source: TableDigest | null;
  /** Null: the table, or one of its columns, is missing at the target, or it could not be read. */
  target: TableDigest | null;
  /** What the server said that could not read it. */
  unreadable: string | null;
  /** Rows that differ; null where nobody looked for them. */
  differences: TableDifferences | null;
}

/** Differences that are told; all are counted. */
const TOLD_DIFFERENCES = 1_000;
const TOLD_ROWS_OF_A_TABLE = 100;
const TOLD_TABLES = 5_000;

/** Both sides were read, and are not the same. */
export function isUnequal({ source, target }: VerifiedTable): boolean {
  return source !== null && target !== null && !isSameDigest(source, target);
}

/** The proof over tables and sequences: a root for each side, and what differs. */
export function summarize(
  options: { level: DatabaseVerification['level']; frozenPosition: string; direction?: DatabaseVerification['direction'] },
  tables: readonly VerifiedTable[],
  sequences: readonly ComparedSequence[],
  seed: string,
  largeObjects: ComparedLargeObjects | null = null,
): DatabaseVerification {
  const [source, target] = [new BucketDigests(), new BucketDigests()];
  for (const result of tables) {
    if (result.source) addLeaf(source, tableLeaf(result, result.source, seed));
    if (result.target) addLeaf(target, tableLeaf(result, result.target, seed));
  }
  for (const { key, source: theirs, target: ours } of sequences) {
    if (theirs !== null) addLeaf(source, sequenceLeaf(key, theirs));
    if (ours !== null) addLeaf(target, sequenceLeaf(key, ours));
  }
  const ofObjects = largeObjects ? largeObjectDifferences(largeObjects) : [];
  // Where there are none, nothing is said of them.
  if (largeObjects && largeObjects.source.objects > 0n) addLeaf(source, largeObjectLeaf(largeObjects.source, seed));
  if (largeObjects && largeObjects.target.objects > 0n) addLeaf(target, largeObjectLeaf(largeObjects.target, seed));
  const ofSequences = sequenceDifferences(sequences);
  const differences = [...tables.flatMap(tableDifferences), ...ofSequences, ...ofObjects];
  const differenceCount =
    tables.reduce((sum, table) => sum + tableDifferenceCount(table), 0) + ofSequences.length + (largeObjects?.differenceCount ?? 0);
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
    seed: options.level === 'content' ? seed : '',
    direction: options.direction ?? 'forth',
    digests: [...largeObjectDigest(largeObjects), ...tables.flatMap(comparedTable)].slice(0, TOLD_TABLES),
    differences: differences.slice(0, TOLD_DIFFERENCES),
    differenceCount,
    waivedCount: 0,
  };
}

function comparedTable({ table, form, source, target }: VerifiedTable): ComparedTable[] {
  if (!source || !target) return [];
  const sums = { sourceSum: String(source.sum), targetSum: String(target.sum) };
  return [{ name: nameOf(table), form, sourceRows: Number(source.rows), targetRows: Number(target.rows), ...sums }];
}

function addLeaf(digests: BucketDigests, leaf: Leaf): void {
  digests.add(leaf.key, leafDigest(leaf), leaf.size);
}

/** docs/proof.md, "Rows of a database". */
const ROW_SUMS = { binary: 'pg-row-sum-binary-v2', text: 'pg-row-sum-text-v1' };

function tableLeaf({ table, form }: VerifiedTable, { rows, sum, bytes }: TableDigest, seed: string): Leaf {
  const evidence: Leaf['evidence'] =
    form === 'count' ? { kind: 'none' } : { kind: 'checksum', algorithm: ROW_SUMS[form], value: `${seed}:${sum}` };
  return { key: `table ${nameOf(table)}`, size: Number(bytes), evidence, properties: { rows: String(rows) } };
}

function largeObjectLeaf({ objects, bytes, sum }: LargeObjectDigest, seed: string): Leaf {
  const evidence = { kind: 'checksum' as const, algorithm: 'pg-large-object-sum-v1', value: `${seed}:${sum}` };
  return { key: 'large objects', size: Number(bytes), evidence, properties: { objects: String(objects) } };
}

function largeObjectDigest(compared: ComparedLargeObjects | null): ComparedTable[] {
  if (!compared || (compared.source.objects === 0n && compared.target.objects === 0n)) return [];
  const { source, target } = compared;
  const sums = { sourceSum: String(source.sum), targetSum: String(target.sum) };
  return [{ name: 'large objects', form: 'large-object', sourceRows: Number(source.objects), targetRows: Number(target.objects), ...sums }];
}

function largeObjectDifferences({ differing }: ComparedLargeObjects): DatabaseDifference[] {
  const details = {
    'missing-at-target': 'The large object is not at the target.',
    'extra-at-target': 'The large object is not at the source any more.',
    content: 'The large object has another content at the target.',
  };
  return differing.map(({ oid, kind }) => ({ key: `large object ${oid}`, kind, detail: details[kind], waived: false }));
}

function sequenceLeaf(key: string, state: string): Leaf {
  return { key: `sequence ${key}`, size: 0, evidence: { kind: 'checksum', algorithm: 'pg-sequence-v1', value: state }, properties: {} };
}

function tableDifferenceCount({ source, target, differences }: VerifiedTable): number {
  if (differences) return Math.max(1, differences.count);
  return source && target && isSameDigest(source, target) ? 0 : 1;
}

function tableDifferences(result: VerifiedTable): DatabaseDifference[] {
  const name = nameOf(result.table);
  if (tableDifferenceCount(result) === 0) return [];
  const one = (kind: DatabaseDifference['kind'], detail: string) => [{ key: name, kind, detail, waived: false }];
  if (result.unreadable !== null) return one('content', `The table could not be read: ${result.unreadable}`);
  if (!result.source) return one('content', 'The table could not be read at the source.');
  if (!result.target) {
    const detail = `The table or one of its columns is missing at the target (${result.source.rows} rows).`;
    return one('missing-at-target', detail);
  }
  if (!result.differences || result.differences.rows.length === 0) {
    const detail = `${result.source.rows} rows at the source, ${result.target.rows} at the target.`;
    return one(result.source.rows > result.target.rows ? 'missing-at-target' : 'content', detail);
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

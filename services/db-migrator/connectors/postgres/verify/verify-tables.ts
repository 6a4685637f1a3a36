import { randomBytes } from 'node:crypto';
import type { Admit, DatabaseVerification } from '../../../application/ports/database-engine';
import { withTargetColumns, type Sequence, type Table } from '../catalog/catalog';
import { nameOf } from '../catalog/target-name';
import { readCatalog } from '../catalog/read-catalog';
import type { PgEndpoint, PgSession } from '../session/pg-session';
import { compareLargeObjects, type ComparedLargeObjects } from './compare-large-objects';
import { compareSequences, type ComparedSequence } from './compare-sequences';
import { allSettledOrFirst, digestTables, type UnreadableTable } from './digest-tables';
import { findDifferences } from './find-differences';
import type { CarriedDigest } from './followed-verification';
import type { RowForm } from './row-digest';
import { openSnapshotSessions, type SnapshotPair } from './snapshot-sessions';
import { pairQueries, pairTables, type PairingOptions, type TablePair } from './table-pairs';
import { isUnequal, summarize, type VerifiedTable } from './verification-summary';

export interface VerifyOptions extends PairingOptions {
  source: PgEndpoint;
  target: PgEndpoint;
  migrationId: string;
  sequences: readonly Sequence[];
  level: 'content' | 'counts';
  /** Sessions on each side. */
  jobs: number;
  /** The target was not empty: rows and values that it has beside the source's are no difference. */
  appended?: boolean;
  /** Where the source stands still; told in the result. */
  frozenPosition: string;
  /** Compare them too, without these oids; absent: they are left out. */
  largeObjects?: { excluded: ReadonlySet<string> };
  /** `back`: of a rollback; the position is the target's. Default: forth. */
  direction?: 'forth' | 'back';
  /** Bytes about to be read from the source. */
  admit?: Admit;
  /** Before each part of either side: waits while others are to have the servers for themselves. */
  beforePart?: (signal: AbortSignal) => Promise<void>;
  onProgress?: (done: { rows: number; bytes: number }) => void;
  /** Between the snapshot of the source and that of the target: waits until the target has everything up to the position. */
  waitApplied?: (lsn: string, signal: AbortSignal) => Promise<void>;
  /** What was verified ahead: digests under `seed` as of the pair's moment, by the source's table. The others are made here. */
  ahead?: { seed: string; carry: (pair: SnapshotPair) => Promise<Map<string, CarriedDigest>> };
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
  const seed = options.ahead?.seed ?? drawSeed();
  return withSnapshots(options, async (pair) => {
    const { tables, sequences } = await new PairVerification(options, pair, seed).run();
    const objects = await largeObjectsOf(options, pair, seed);
    return { verification: summarize(options, tables, sequences, seed, objects), seed, tables, sequences };
  });
}

async function largeObjectsOf(options: VerifyOptions, pair: SnapshotPair, seed: string): Promise<ComparedLargeObjects | null> {
  const { largeObjects, migrationId, signal } = options;
  if (!largeObjects) return null;
  const [source, target] = [pair.source.sessions[0]!, pair.target.sessions[0]!];
  return compareLargeObjects({ source, target, migrationId, seed, excluded: largeObjects.excluded, signal });
}

/** 64 random bits as a whole number with a sign. */
export function drawSeed(): string {
  return randomBytes(8).readBigInt64BE().toString();
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
    const carried = (await options.ahead?.carry(pair)) ?? new Map<string, CarriedDigest>();
    const rest = await this.digest(
      pairs.filter(({ table }) => !carried.has(nameOf(table))),
      options.level === 'counts' ? 'count' : 'binary',
    );
    const made = new Map(rest.map((result) => [result.table, result]));
    const first = pairs.map(({ table }) => made.get(table) ?? asVerified(table, carried.get(nameOf(table))!));
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
      const [left, right] = pairQueries(pairs[index]!, 'text');
      const sides = [
        { session: source, query: left, primaryKey: result.table.primaryKey },
        { session: target, query: right, primaryKey: withTargetColumns(result.table).primaryKey },
      ] as const;
      const search = { seed: this.seed, ofSource: options.appended ?? false };
      // The sums of its groups, then the rows of those that differ.
      await options.admit?.(0, options.signal, 2);
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
    return pairTables(options, catalog.tables);
  }

  private async digest(pairs: readonly TablePair[], form: RowForm): Promise<VerifiedTable[]> {
    const { options, pair, seed } = this;
    const unreadable = new Map<Table, string>();
    const onUnreadable = ({ task, error }: UnreadableTable) => void unreadable.set(task.table, error.message);
    const both = pairs.filter(({ target }) => target);
    const shared = { seed, signal: options.signal, beforePart: options.beforePart, onUnreadable };
    const [theirs, ours] = await allSettledOrFirst([
      digestTables(
        // A table that the target lacks is counted: that is what is missing.
        pairs.map((each) => ({ table: each.table, query: pairQueries(each, form)[0], form: each.target ? form : 'count' })),
        {
          ...shared,
          sessions: pair.source.sessions,
          admit: options.admit,
          onPart: (rows, bytes) => options.onProgress?.({ rows, bytes }),
        },
      ),
      digestTables(
        both.map((each) => ({ table: each.target!, query: pairQueries(each, form)[1], form })),
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
}

function asVerified(table: Table, { form, source, target }: CarriedDigest): VerifiedTable {
  return { table, form, source, target, unreadable: null, differences: null };
}

function asAppended(sequence: ComparedSequence): ComparedSequence {
  return sequence.isFurther ? { ...sequence, target: sequence.source } : sequence;
}

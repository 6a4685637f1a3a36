import type { DatabaseDifference } from '../../../application/ports/database-engine';
import { withTargetColumns, type Table } from '../catalog/catalog';
import { nameOf } from '../catalog/target-name';
import { readCatalog } from '../catalog/read-catalog';
import { rowFilterOf } from '../copy/row-filter';
import type { PgSession } from '../session/pg-session';
import { keyCondition } from './row-keys';
import { hashesByKey, rowsByKeySql, withBothSides } from './rows-by-key';
import { isUnequal, rowDifference, type VerifiedTable } from './verification-summary';
import { verifyTables, type VerifyOptions } from './verify-tables';

export interface FlowingOptions extends Omit<VerifyOptions, 'sequences' | 'frozenPosition' | 'level' | 'waitApplied'> {
  /** Resolves once the target has everything of the source up to a position of its log. */
  waitApplied: (lsn: string, signal: AbortSignal) => Promise<void>;
}

export interface FlowingVerification {
  tables: number;
  sourceRows: number;
  /** Rows that stood still at the source and are not the same at the target. */
  differences: DatabaseDifference[];
  differenceCount: number;
  /** Keys of those rows, for each table that has some. */
  differing: { table: Table; keys: string[][] }[];
  /** Tables of which nothing could be said, since they changed each time they were looked at ("schema.table"). */
  undecided: string[];
}

/** Often enough that a row which changes every second is caught between two changes. */
const ROUNDS = 6;
const KEYS_AT_ONCE = 500;
const TOLD_DIFFERENCES = 1_000;

/**
 * Compares tables while changes flow. The target's snapshot is taken when it has everything that the source's has, so only rows that changed in between
 * can differ; those are read again by their keys at the source, and at the target once it has passed the position of that reading, until they
 * are the same, or did not change at the source and differ all the same. Sequences are left to the cutover.
 */
export async function verifyWhileFlowing(options: FlowingOptions): Promise<FlowingVerification> {
  const result: FlowingVerification = { tables: 0, sourceRows: 0, differences: [], differenceCount: 0, differing: [], undecided: [] };
  let tables = options.tables;
  for (let round = 0; tables.length > 0; round += 1) {
    const verified = await verifyTables({ ...options, tables, sequences: [], level: 'content', frozenPosition: '' });
    if (round === 0) {
      result.tables = verified.verification.tables;
      result.sourceRows = verified.verification.sourceRows;
    }
    const differing = verified.tables.filter((table) => !table.source || !table.target || isUnequal(table));
    tables = await judge(differing, options, result);
    if (round === ROUNDS - 1) {
      result.undecided.push(...tables.map(nameOf));
      break;
    }
  }
  return result;
}

/** Resolves with the tables that have to be looked at as a whole again: those without a key, and with more differences than are held. */
async function judge(differing: readonly VerifiedTable[], options: FlowingOptions, result: FlowingVerification): Promise<Table[]> {
  const again: Table[] = [];
  for (const verified of differing) {
    const { table, target, differences, unreadable } = verified;
    if (unreadable !== null) {
      addDifference(result, { key: nameOf(table), kind: 'content', detail: `The table could not be read: ${unreadable}`, waived: false });
    } else if (!target) {
      addDifference(result, {
        key: nameOf(table),
        kind: 'missing-at-target',
        detail: 'The table or one of its columns is missing at the target.',
        waived: false,
      });
    } else if (table.primaryKey.length === 0 || !differences?.isExact) {
      again.push(table);
    } else {
      const keys = differences.rows.flatMap(({ keyValues }) => (keyValues ? [keyValues] : []));
      await judgeRows(table, keys, options, result);
    }
  }
  return again;
}

async function judgeRows(table: Table, keys: string[][], options: FlowingOptions, result: FlowingVerification): Promise<void> {
  await withBothSides(options, async (source, target) => {
    const rows = await RowsAgain.open(source, target, table, options);
    for (let at = 0; at < keys.length; at += KEYS_AT_ONCE) await rows.judge(keys.slice(at, at + KEYS_AT_ONCE), result);
  });
}

class RowsAgain {
  private constructor(
    private readonly source: PgSession,
    private readonly target: PgSession,
    private readonly table: Table,
    private readonly sql: { source: string; target: string },
    private readonly options: FlowingOptions,
  ) {}

  static async open(source: PgSession, target: PgSession, table: Table, options: FlowingOptions): Promise<RowsAgain> {
    const name = options.targetName(table);
    const catalog = await readCatalog(target, options.signal);
    const other = catalog.tables.find((each) => nameOf(each) === nameOf(name));
    const filter = rowFilterOf(table, options.rows);
    const keyed = keyCondition(table);
    const asked = { source: filter ? `${keyed} AND (${filter}\n)` : keyed, target: keyCondition(withTargetColumns(table)) };
    const sql = rowsByKeySql(table, name, other, asked, '0');
    return new RowsAgain(source, target, table, sql, options);
  }

  async judge(keys: string[][], result: FlowingVerification): Promise<void> {
    const { signal } = this.options;
    let open = new Set(keys.map((key) => JSON.stringify(key)));
    let before = new Map<string, string>();
    for (let round = 0; open.size > 0; round += 1) {
      const asked = [...open].map((key) => JSON.parse(key) as string[]);
      const theirs = await hashesByKey(this.source, this.sql.source, asked, signal);
      const [position] = await this.source.query('SELECT pg_current_wal_insert_lsn() AS lsn', undefined, signal);
      await this.options.waitApplied(position?.['lsn'] ?? '', signal);
      const ours = await hashesByKey(this.target, this.sql.target, asked, signal);
      const still = [...open].filter((key) => theirs.get(key) !== ours.get(key));
      const stood = still.filter((key) => round > 0 && theirs.get(key) === before.get(key));
      if (stood.length > 0) addKeys(result, this.table, stood);
      for (const key of stood) this.tell(key, theirs.has(key), ours.has(key), result);
      open = new Set(still.filter((key) => !stood.includes(key)));
      before = theirs;
      if (round === ROUNDS - 1 && open.size > 0) {
        if (!result.undecided.includes(nameOf(this.table))) result.undecided.push(nameOf(this.table));
        return;
      }
    }
  }

  private tell(key: string, isAtSource: boolean, isAtTarget: boolean, result: FlowingVerification): void {
    const kind = !isAtTarget ? 'missing-at-target' : isAtSource ? 'content' : 'extra-at-target';
    addDifference(result, rowDifference(nameOf(this.table), { key, keyValues: null, kind }));
  }
}

function addKeys({ differing }: FlowingVerification, table: Table, keys: string[]): void {
  const asked = keys.map((key) => JSON.parse(key) as string[]);
  const known = differing.find((each) => each.table === table);
  if (known) known.keys.push(...asked);
  else differing.push({ table, keys: asked });
}

function addDifference(result: FlowingVerification, difference: DatabaseDifference): void {
  result.differenceCount += 1;
  if (result.differences.length < TOLD_DIFFERENCES) result.differences.push(difference);
}

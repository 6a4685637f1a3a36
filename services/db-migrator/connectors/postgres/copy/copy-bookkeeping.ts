import { SmartantError } from '@smartant/kernel';
import { quoteText, type TableName } from '../catalog/catalog';
import { nameOf } from '../catalog/target-name';
import { makeTables } from '../session/make-tables';
import type { PgSession } from '../session/pg-session';
import type { CopySnapshot, CopyTotals } from './copy-options';

/**
 * What the target remembers of a copy, in its schema `smartant`, written in the transactions that make it true. Tables are named as at the
 * source. `table_sync`: under which snapshot a table is (`copying`) or was (`copied`) read, and its sync position: changes of the table
 * that were committed before it are in the copy. A table without a row is not part of the copy. `copied_part`: the parts that are there.
 */
const TABLES = [
  `CREATE TABLE IF NOT EXISTS smartant.copy_epoch (migration_id text PRIMARY KEY, epoch bigint NOT NULL)`,
  `CREATE TABLE IF NOT EXISTS smartant.table_sync (
    migration_id text NOT NULL, "schema" text NOT NULL, "table" text NOT NULL, sync_lsn pg_lsn NOT NULL, state text NOT NULL CHECK (state IN ('copying', 'copied')),
    snapshot text NOT NULL, filenode oid NOT NULL, parts int NOT NULL, pages_per_part bigint NOT NULL, copied_parts int NOT NULL DEFAULT 0,
    PRIMARY KEY (migration_id, "schema", "table"))`,
  `CREATE TABLE IF NOT EXISTS smartant.copied_part (
    migration_id text NOT NULL, "schema" text NOT NULL, "table" text NOT NULL, part int NOT NULL, epoch bigint NOT NULL, sync_lsn pg_lsn NOT NULL,
    rows bigint NOT NULL DEFAULT 0, bytes bigint NOT NULL DEFAULT 0, PRIMARY KEY (migration_id, "schema", "table", part))`,
];

export interface TableRecord {
  table: TableName;
  state: 'copying' | 'copied';
  snapshot: CopySnapshot;
  /** The file of the source's table that parts are pages of. */
  filenode: string;
  parts: number;
  pagesPerPart: number;
  copiedParts: Set<number>;
  copied: { rows: number; bytes: number };
}

/** The target's memory of one migration's copy, for the holder of one epoch. Statements run in the transaction of the session given. */
export class CopyBookkeeping {
  constructor(
    private readonly migrationId: string,
    private readonly epoch: number,
  ) {}

  /**
   * Makes the tables and takes the epoch: from then on no transaction of an older holder can commit a part. Waits for one that is about
   * to. Raises DATABASE_EPOCH_STALE when a newer one has it.
   */
  async take(session: PgSession, signal: AbortSignal): Promise<void> {
    await makeTables(session, TABLES, signal);
    const taken = await session.execute(
      `INSERT INTO smartant.copy_epoch AS e VALUES ($1, $2::bigint)
       ON CONFLICT (migration_id) DO UPDATE SET epoch = excluded.epoch WHERE e.epoch <= excluded.epoch`,
      [this.migrationId, String(this.epoch)],
      signal,
    );
    if (taken === 0) throw fenced(this.epoch);
  }

  read(session: PgSession, signal: AbortSignal): Promise<TableRecord[]> {
    return readRecords(session, this.migrationId, signal);
  }

  /** Sync positions of the tables that are copied, by their name at the source: changes that were committed before are in the copy. */
  async readSyncPositions(session: PgSession, signal: AbortSignal): Promise<Map<string, string>> {
    const rows = await session.query(
      `SELECT "schema", "table", sync_lsn FROM smartant.table_sync WHERE migration_id = $1 AND state = 'copied'`,
      [this.migrationId],
      signal,
    );
    return new Map(rows.map((row) => [nameOf({ schema: row['schema'] ?? '', table: row['table'] ?? '' }), row['sync_lsn'] ?? '']));
  }

  /** Begins a table anew; its rows are the caller's to empty in the same transaction. False: it has been copied under this snapshot. */
  async beginTable(session: PgSession, record: Omit<TableRecord, 'state' | 'copiedParts' | 'copied'>): Promise<boolean> {
    const { snapshot, filenode, parts, pagesPerPart } = record;
    const values = [this.key(record.table), `${quoteText(snapshot.lsn)}, 'copying', ${quoteText(snapshot.name)}, ${quoteText(filenode)}`];
    const begun = await session.execute(
      `INSERT INTO smartant.table_sync AS s (migration_id, "schema", "table", sync_lsn, state, snapshot, filenode, parts, pages_per_part)
       VALUES (${values.join(', ')}, ${parts}, ${pagesPerPart})
       ON CONFLICT (migration_id, "schema", "table") DO UPDATE SET sync_lsn = excluded.sync_lsn, state = 'copying', snapshot = excluded.snapshot,
         filenode = excluded.filenode, parts = excluded.parts, pages_per_part = excluded.pages_per_part, copied_parts = 0
         WHERE s.state <> 'copied' OR (s.snapshot, s.sync_lsn) <> (excluded.snapshot, excluded.sync_lsn)`,
    );
    if (begun === 0) return false;
    await session.execute(`DELETE FROM smartant.copied_part WHERE ${this.isTable(record.table)}`);
    return true;
  }

  /** Reserves a part for this transaction; waits for another that holds it. False: it is there. */
  async beginPart(session: PgSession, table: TableName, part: number, lsn: string): Promise<boolean> {
    const reserved = await session.execute(
      `INSERT INTO smartant.copied_part (migration_id, "schema", "table", part, epoch, sync_lsn)
       VALUES (${this.key(table)}, ${part}, ${this.epoch}, ${quoteText(lsn)}) ON CONFLICT DO NOTHING`,
    );
    return reserved > 0;
  }

  /** Completes the part; true when it was the table's last. Raises DATABASE_EPOCH_STALE when another holder has taken over. To be followed by COMMIT. */
  async endPart(session: PgSession, table: TableName, part: number, done: { rows: number; bytes: number }): Promise<boolean> {
    const [row] = await session.query(
      `UPDATE smartant.copied_part SET rows = ${done.rows}, bytes = ${done.bytes} WHERE ${this.isTable(table)} AND part = ${part};
       WITH fence AS (SELECT FROM smartant.copy_epoch WHERE migration_id = ${quoteText(this.migrationId)} AND epoch = ${this.epoch} FOR SHARE)
       UPDATE smartant.table_sync SET copied_parts = copied_parts + 1, state = CASE WHEN copied_parts + 1 = parts THEN 'copied' ELSE 'copying' END
       WHERE ${this.isTable(table)} AND EXISTS (SELECT FROM fence) RETURNING state`,
    );
    if (!row) throw fenced(this.epoch);
    return row['state'] === 'copied';
  }

  /** Raises DATABASE_EPOCH_STALE when another holder has taken over; until the transaction ends, none can. */
  async checkHeld(session: PgSession): Promise<void> {
    const held = await session.query(
      `SELECT FROM smartant.copy_epoch WHERE migration_id = ${quoteText(this.migrationId)} AND epoch = ${this.epoch} FOR SHARE`,
    );
    if (held.length === 0) throw fenced(this.epoch);
  }

  /**
   * Tables that are to be copied again, whatever was copied of them: their rows are taken away when that begins. Whoever reads their sync
   * positions meanwhile finds them not copied. In a transaction of its own.
   */
  async forget(session: PgSession, tables: readonly TableName[], signal: AbortSignal): Promise<void> {
    await session.transaction(async () => {
      await session.query(
        `UPDATE smartant.table_sync s SET state = 'copying', snapshot = '' FROM json_to_recordset($2::json) AS f("schema" text, "table" text)
         WHERE s.migration_id = $1 AND s."schema" = f."schema" AND s."table" = f."table"`,
        [this.migrationId, JSON.stringify(tables.map(({ schema, table }) => ({ schema, table })))],
        signal,
      );
      await this.checkHeld(session);
    });
  }

  /** Tables that belong to the copy although nothing is copied of them; the others stay as they are. In a transaction of its own, on the disk when it resolves. */
  async leave(session: PgSession, tables: readonly TableName[], signal: AbortSignal): Promise<void> {
    await session.transaction(async () => {
      await session.query('SET LOCAL synchronous_commit = on', undefined, signal);
      await session.query(
        `INSERT INTO smartant.table_sync (migration_id, "schema", "table", sync_lsn, state, snapshot, filenode, parts, pages_per_part)
         SELECT $1, l."schema", l."table", '0/0', 'copying', '', 0, 1, 0 FROM json_to_recordset($2::json) AS l("schema" text, "table" text)
         ON CONFLICT DO NOTHING`,
        [this.migrationId, JSON.stringify(tables.map(({ schema, table }) => ({ schema, table })))],
        signal,
      );
      await this.checkHeld(session);
    });
  }

  /** Tables that are copied, and hold all changes that were committed before a position. In a transaction of its own, on the disk when it resolves. */
  async moveSync(session: PgSession, tables: readonly TableName[], lsn: string, signal: AbortSignal): Promise<void> {
    await session.transaction(async () => {
      await session.query('SET LOCAL synchronous_commit = on', undefined, signal);
      await session.query(
        `UPDATE smartant.table_sync s SET sync_lsn = $3 FROM json_to_recordset($2::json) AS f("schema" text, "table" text)
         WHERE s.migration_id = $1 AND s."schema" = f."schema" AND s."table" = f."table" AND s.state = 'copied'`,
        [this.migrationId, JSON.stringify(tables.map(({ schema, table }) => ({ schema, table }))), lsn],
        signal,
      );
      await this.checkHeld(session);
    });
  }

  /** Returns once everything committed so far outlives a crash of the server. Raises DATABASE_EPOCH_STALE. */
  async makeDurable(session: PgSession, signal: AbortSignal): Promise<void> {
    const held = await session.transaction(async () => {
      await session.query('SET LOCAL synchronous_commit = on', undefined, signal);
      return session.execute(`UPDATE smartant.copy_epoch SET epoch = epoch WHERE migration_id = $1 AND epoch = $2`, [
        this.migrationId,
        String(this.epoch),
      ]);
    });
    if (held === 0) throw fenced(this.epoch);
  }

  async totals(session: PgSession, signal: AbortSignal): Promise<CopyTotals> {
    const [row] = await session.query(
      `SELECT (SELECT count(*) FROM smartant.table_sync WHERE migration_id = $1 AND state = 'copied') AS tables,
         coalesce(sum(rows), 0) AS rows, coalesce(sum(bytes), 0) AS bytes FROM smartant.copied_part WHERE migration_id = $1`,
      [this.migrationId],
      signal,
    );
    return { tables: Number(row?.['tables']), rows: Number(row?.['rows']), bytes: Number(row?.['bytes']) };
  }

  private key({ schema, table }: TableName): string {
    return [this.migrationId, schema, table].map(quoteText).join(', ');
  }

  private isTable({ schema, table }: TableName): string {
    return `migration_id = ${quoteText(this.migrationId)} AND "schema" = ${quoteText(schema)} AND "table" = ${quoteText(table)}`;
  }
}

function fenced(epoch: number): SmartantError {
  return new SmartantError('DATABASE_EPOCH_STALE', `A newer holder has taken the copy over from the one of epoch ${epoch}.`, {
    kind: 'conflict',
    retry: { kind: 'never' },
    actor: 'operator',
  });
}

/** What stands at the target by copies of a migration; nothing where none was begun. */
export async function readCopied(session: PgSession, migrationId: string, signal: AbortSignal): Promise<TableRecord[]> {
  const [known] = await session.query(`SELECT pg_catalog.to_regclass('smartant.table_sync') AS known`, undefined, signal);
  return known?.['known'] ? readRecords(session, migrationId, signal) : [];
}

async function readRecords(session: PgSession, migrationId: string, signal: AbortSignal): Promise<TableRecord[]> {
  const rows = await session.query(
    `SELECT s."schema", s."table", s.state, s.sync_lsn, s.snapshot, s.filenode, s.parts, s.pages_per_part,
       string_agg(p.part::text, ',') AS copied, coalesce(sum(p.rows), 0) AS rows, coalesce(sum(p.bytes), 0) AS bytes
     FROM smartant.table_sync s LEFT JOIN smartant.copied_part p USING (migration_id, "schema", "table") WHERE migration_id = $1
     GROUP BY s.migration_id, s."schema", s."table"`,
    [migrationId],
    signal,
  );
  return rows.map((row) => ({
    table: { schema: row['schema'] ?? '', table: row['table'] ?? '' },
    state: row['state'] as TableRecord['state'],
    snapshot: { name: row['snapshot'] ?? '', lsn: row['sync_lsn'] ?? '' },
    filenode: row['filenode'] ?? '0',
    parts: Number(row['parts']),
    pagesPerPart: Number(row['pages_per_part']),
    copiedParts: new Set((row['copied'] ?? '').split(',').filter(Boolean).map(Number)),
    copied: { rows: Number(row['rows']), bytes: Number(row['bytes']) },
  }));
}

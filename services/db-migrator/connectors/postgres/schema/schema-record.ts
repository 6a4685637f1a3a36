import { SmartantError } from '@smartant/kernel';
import { quoteText, type TableName } from '../catalog/catalog';
import { nameOf } from '../catalog/target-name';
import { makeTables } from '../session/make-tables';
import type { PgRow, PgSession } from '../session/pg-session';
import type { DumpEntry } from './dump-entry';

/**
 * What the target remembers of a schema's copy, in its schema `smartant`: every statement of the source's dump, and which of them was run,
 * written in the transaction that ran it. So the statements of the end (indexes, constraints) are those of the same moment as those of the
 * beginning, whatever changed at the source meanwhile, and a holder that dies leaves nothing half done.
 */
const TABLES = [
  `CREATE TABLE IF NOT EXISTS smartant.schema_copy (migration_id text PRIMARY KEY, epoch bigint NOT NULL,
    step text NOT NULL DEFAULT 'new' CHECK (step IN ('new', 'dumped', 'cleared', 'restored', 'built')))`,
  `CREATE TABLE IF NOT EXISTS smartant.schema_entry (
    migration_id text NOT NULL, id int NOT NULL, position int NOT NULL, kind text NOT NULL, section text NOT NULL, "schema" text NOT NULL, tag text NOT NULL,
    table_schema text, table_name text, owner text NOT NULL, access_method text NOT NULL, statement text NOT NULL, drop_statement text NOT NULL, depends_on int[] NOT NULL,
    state text NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'done', 'kept', 'left out', 'refused')), note text NOT NULL DEFAULT '', is_checked boolean NOT NULL DEFAULT true,
    PRIMARY KEY (migration_id, id))`,
  // For what was begun by a version that knew of no tablespaces. Asked for first, because altering waits for whoever builds an index.
  `DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_catalog.pg_attribute WHERE attrelid = 'smartant.schema_entry'::regclass AND attname = 'tablespace')
    THEN ALTER TABLE smartant.schema_entry ADD COLUMN IF NOT EXISTS tablespace text NOT NULL DEFAULT ''; END IF; END $$`,
  `CREATE TABLE IF NOT EXISTS smartant.analyzed_table (migration_id text NOT NULL, "schema" text NOT NULL, "table" text NOT NULL,
    PRIMARY KEY (migration_id, "schema", "table"))`,
];
const ROWS_PER_INSERT = 200;
const ENTRIES_PER_READ = 100;

export type SchemaStep = 'new' | 'dumped' | 'cleared' | 'restored' | 'built';
/** `kept`: the target had one already; `refused`: the target refused it, as `note` says. */
export type EntryState = 'pending' | 'done' | 'kept' | 'left out' | 'refused';

/** An entry without its statements, which are read when they are needed. */
export interface EntryRecord extends Pick<
  DumpEntry,
  'id' | 'kind' | 'schema' | 'tag' | 'owner' | 'tablespace' | 'accessMethod' | 'dependsOn'
> {
  section: 'pre' | 'post';
  /** The table or view that it belongs to, with its name at the source; null: none. */
  table: TableName | null;
  state: EntryState;
  note: string;
  /** False: a constraint that was added NOT VALID and is to be validated. */
  isChecked: boolean;
}

export type NewEntry = Omit<EntryRecord, 'isChecked'> & Pick<DumpEntry, 'statement' | 'dropStatement'>;

/** The record of one migration, for the holder of one epoch. */
export class SchemaRecord {
  constructor(
    private readonly migrationId: string,
    private readonly epoch: number,
  ) {}

  /** Makes the tables and takes the epoch. Raises DATABASE_EPOCH_STALE when a newer holder has it. */
  async take(session: PgSession, signal: AbortSignal): Promise<SchemaStep> {
    await makeTables(session, TABLES, signal);
    const [row] = await session.query(
      `INSERT INTO smartant.schema_copy AS c (migration_id, epoch) VALUES ($1, $2::bigint)
       ON CONFLICT (migration_id) DO UPDATE SET epoch = excluded.epoch WHERE c.epoch <= excluded.epoch RETURNING step`,
      [this.migrationId, String(this.epoch)],
      signal,
    );
    if (!row) throw this.fenced();
    return row['step'] as SchemaStep;
  }

  /** On the disk when it resolves, and everything that was committed before with it. */
  async setStep(session: PgSession, step: SchemaStep): Promise<void> {
    const done = await session.execute(
      `SELECT pg_catalog.set_config('synchronous_commit', 'on', true); UPDATE smartant.schema_copy SET step = ${quoteText(step)} WHERE migration_id = ${quoteText(this.migrationId)} AND epoch = ${this.epoch}`,
    );
    if (done === 0) throw this.fenced();
  }

  /** In place of what an earlier call may have left unfinished. To be called in a transaction that also sets the step. */
  async store(session: PgSession, entries: AsyncIterable<NewEntry>): Promise<void> {
    await session.query(`DELETE FROM smartant.schema_entry WHERE migration_id = ${quoteText(this.migrationId)}`);
    let position = 0;
    let batch: NewEntry[] = [];
    const flush = async () => {
      await this.insert(session, batch, position);
      position += batch.length;
      batch = [];
    };
    for await (const entry of entries) if (batch.push(entry) === ROWS_PER_INSERT) await flush();
    await flush();
  }

  private async insert(session: PgSession, entries: NewEntry[], from: number): Promise<void> {
    if (entries.length === 0) return;
    const rows = entries.map((entry, index) => ({
      id: entry.id,
      position: from + index,
      kind: entry.kind,
      section: entry.section,
      schema: entry.schema,
      tag: entry.tag,
      table_schema: entry.table?.schema ?? null,
      table_name: entry.table?.table ?? null,
      owner: entry.owner,
      tablespace: entry.tablespace,
      access_method: entry.accessMethod,
      statement: entry.statement,
      drop_statement: entry.dropStatement,
      depends_on: `{${entry.dependsOn.join(',')}}`,
      state: entry.state,
      note: entry.note,
    }));
    await session.query(
      `INSERT INTO smartant.schema_entry (migration_id, id, position, kind, section, "schema", tag, table_schema, table_name, owner, tablespace, access_method, statement, drop_statement, depends_on, state, note)
       SELECT $1, id, position, kind, section, "schema", tag, table_schema, table_name, owner, tablespace, access_method, statement, drop_statement, depends_on::int[], state, note
       FROM json_to_recordset($2::json) AS r(id int, position int, kind text, section text, "schema" text, tag text, table_schema text, table_name text, owner text,
         tablespace text, access_method text, statement text, drop_statement text, depends_on text, state text, note text)`,
      [this.migrationId, JSON.stringify(rows)],
    );
  }

  /** In the order in which pg_dump would restore them. */
  async entries(session: PgSession, section: 'pre' | 'post', signal: AbortSignal): Promise<EntryRecord[]> {
    const rows = await session.query(
      `SELECT id, kind, section, "schema", tag, table_schema, table_name, owner, tablespace, access_method, array_to_json(depends_on) AS depends_on, state, note, is_checked
       FROM smartant.schema_entry WHERE migration_id = $1 AND section = $2 ORDER BY position`,
      [this.migrationId, section],
      signal,
    );
    return rows.map(recordOf);
  }

  private readonly read = new Map<number, Pick<DumpEntry, 'statement' | 'dropStatement'>>();

  /** The entries with the statements of the next ones read beforehand, a few at a time: one round trip an entry would double the time. */
  async *withStatements<E extends Pick<EntryRecord, 'id'>>(session: PgSession, entries: readonly E[]): AsyncGenerator<E> {
    for (let from = 0; from < entries.length; from += ENTRIES_PER_READ) {
      const some = entries.slice(from, from + ENTRIES_PER_READ);
      const rows = await session.query(
        `SELECT id, statement, drop_statement FROM smartant.schema_entry WHERE migration_id = $1 AND id = ANY ($2::int[])`,
        [this.migrationId, `{${some.map(({ id }) => id).join(',')}}`],
      );
      for (const row of rows) this.read.set(Number(row['id']), statementsOf(row));
      yield* some;
      for (const { id } of some) this.read.delete(id);
    }
  }

  async statements(session: PgSession, id: number): Promise<Pick<DumpEntry, 'statement' | 'dropStatement'>> {
    const known = this.read.get(id);
    if (known) return known;
    const [row] = await session.query(`SELECT statement, drop_statement FROM smartant.schema_entry WHERE migration_id = $1 AND id = $2`, [
      this.migrationId,
      String(id),
    ]);
    return statementsOf(row ?? {});
  }

  /**
   * A statement that marks an entry, to be run in one transaction before what it is about: it waits for another holder that is at the same
   * entry, and fails with division_by_zero when that one has done it or a newer holder has taken over.
   */
  marking(
    id: number,
    change: { state?: EntryState; note?: string; isChecked?: boolean },
    from: { state?: EntryState; isChecked?: boolean },
  ): string {
    const set = [
      ...(change.state === undefined ? [] : [`state = ${quoteText(change.state)}, note = ${quoteText(change.note ?? '')}`]),
      ...(change.isChecked === undefined ? [] : [`is_checked = ${change.isChecked}`]),
    ];
    const where = [
      ...(from.state === undefined ? [] : [`state = ${quoteText(from.state)}`]),
      ...(from.isChecked === undefined ? [] : [`is_checked = ${from.isChecked}`]),
    ];
    return `WITH marked AS (UPDATE smartant.schema_entry SET ${set.join(', ')} WHERE ${this.is(id)} AND ${where.join(' AND ')}
      AND EXISTS (SELECT FROM smartant.schema_copy WHERE migration_id = ${quoteText(this.migrationId)} AND epoch = ${this.epoch}) RETURNING 1)
      SELECT 1 / (SELECT count(*) FROM marked)`;
  }

  /** How an entry is now. Raises DATABASE_EPOCH_STALE when a newer holder has taken over. */
  async look(session: PgSession, id: number): Promise<Pick<EntryRecord, 'state' | 'isChecked'>> {
    const [row] = await session.query(
      `SELECT e.state, e.is_checked, c.epoch = ${this.epoch} AS is_ours FROM smartant.schema_copy c JOIN smartant.schema_entry e USING (migration_id)
       WHERE e.migration_id = $1 AND e.id = $2`,
      [this.migrationId, String(id)],
    );
    if (row?.['is_ours'] !== 't') throw this.fenced();
    return { state: row['state'] as EntryState, isChecked: row['is_checked'] === 't' };
  }

  async note(session: PgSession, id: number, state: EntryState, note: string): Promise<void> {
    await session.query(
      `UPDATE smartant.schema_entry SET state = ${quoteText(state)}, note = ${quoteText(note)} WHERE ${this.is(id)} AND state <> 'done'`,
    );
  }

  /** What was refused may go well now. */
  async retryRefused(session: PgSession): Promise<void> {
    await session.query(
      `UPDATE smartant.schema_entry SET state = 'pending', note = '' WHERE migration_id = ${quoteText(this.migrationId)} AND state = 'refused'`,
    );
  }

  /** Tables whose statistics were gathered, by their name at the source. */
  async analyzed(session: PgSession, signal: AbortSignal): Promise<Set<string>> {
    const rows = await session.query(
      `SELECT "schema", "table" FROM smartant.analyzed_table WHERE migration_id = $1`,
      [this.migrationId],
      signal,
    );
    return new Set(rows.map((row) => nameOf({ schema: row['schema'] ?? '', table: row['table'] ?? '' })));
  }

  /** To be run in one transaction with what gathers them. A holder that another one has taken over from marks nothing. */
  markingAnalyzed({ schema, table }: TableName): string {
    return `INSERT INTO smartant.analyzed_table SELECT migration_id, ${quoteText(schema)}, ${quoteText(table)} FROM smartant.schema_copy
      WHERE migration_id = ${quoteText(this.migrationId)} AND epoch = ${this.epoch} ON CONFLICT DO NOTHING`;
  }

  /** Their rows are copied anew. */
  async forgetAnalyzed(session: PgSession, tables: readonly TableName[], signal: AbortSignal): Promise<void> {
    await session.query(
      `DELETE FROM smartant.analyzed_table a USING json_to_recordset($2::json) AS f("schema" text, "table" text)
       WHERE a.migration_id = $1 AND a."schema" = f."schema" AND a."table" = f."table"`,
      [this.migrationId, JSON.stringify(tables.map(({ schema, table }) => ({ schema, table })))],
      signal,
    );
  }

  private is(id: number): string {
    return `migration_id = ${quoteText(this.migrationId)} AND id = ${id}`;
  }

  private fenced(): SmartantError {
    return new SmartantError(
      'DATABASE_EPOCH_STALE',
      `A newer holder has taken the schema's copy over from the one of epoch ${this.epoch}.`,
      {
        kind: 'conflict',
        retry: { kind: 'never' },
        actor: 'operator',
      },
    );
  }
}

function statementsOf(row: PgRow): Pick<DumpEntry, 'statement' | 'dropStatement'> {
  return { statement: row['statement'] ?? '', dropStatement: row['drop_statement'] ?? '' };
}

function recordOf(row: PgRow): EntryRecord {
  return {
    id: Number(row['id']),
    kind: row['kind'] ?? '',
    section: row['section'] as EntryRecord['section'],
    schema: row['schema'] ?? '',
    tag: row['tag'] ?? '',
    table: row['table_name'] === null ? null : { schema: row['table_schema'] ?? '', table: row['table_name'] ?? '' },
    owner: row['owner'] ?? '',
    tablespace: row['tablespace'] ?? '',
    accessMethod: row['access_method'] ?? '',
    dependsOn: JSON.parse(row['depends_on'] ?? '[]') as number[],
    state: row['state'] as EntryState,
    note: row['note'] ?? '',
    isChecked: row['is_checked'] === 't',
  };
}

import type { PgRow, PgSession } from '../session/pg-session';
import type { Catalog, Column, Sequence, Table, TableName } from './catalog';
import { readServer } from './read-server';

export interface ReadCatalogOptions {
  /** A session that takes replication commands, opened and closed by the reader, where a role may not read the control file. */
  openReplication?: () => Promise<PgSession>;
  /** Columns are read of these tables only; the others are not in the result. */
  wanted?: (tables: Table[]) => Table[];
}

/** Schemas of the server itself, and ours. */
const OWN_SCHEMAS = `n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND n.nspname <> 'smartant'`;
/** Rows of one answer stay in memory as the driver keeps them, many times as large as what is made of them. */
const TABLES_AT_ONCE = 500;

/** Reads the catalogue of the session's database; within the session's snapshot where it has one. Members of extensions are left out. */
export async function readCatalog(session: PgSession, signal?: AbortSignal, options: ReadCatalogOptions = {}): Promise<Catalog> {
  const { openReplication, wanted = (all: Table[]) => all } = options;
  const server = await readServer(session, { signal, openReplication });
  const tables = wanted(await readTables(session, signal));
  await readColumns(session, tables, signal);
  const sequences = await session.query(SEQUENCES, undefined, signal);
  return { ...server, tables, sequences: sequences.map(sequenceOf) };
}

async function readTables(session: PgSession, signal?: AbortSignal): Promise<Table[]> {
  const tables: Table[] = [];
  for (let after = '0'; ;) {
    const rows = await session.query(TABLES, [after, String(TABLES_AT_ONCE)], signal);
    tables.push(...rows.map(tableOf));
    if (rows.length < TABLES_AT_ONCE) break;
    after = rows.at(-1)?.['oid'] ?? after;
  }
  return tables.sort((one, other) => compare(one.schema, other.schema) || compare(one.table, other.table));
}

async function readColumns(session: PgSession, tables: Table[], signal?: AbortSignal): Promise<void> {
  const known = new Map<string, string>();
  const shared = (text: string) => known.get(text) ?? (known.set(text, text), text);
  for (let at = 0; at < tables.length; at += TABLES_AT_ONCE) {
    const page = new Map(tables.slice(at, at + TABLES_AT_ONCE).map((table) => [table.oid, table]));
    const rows = await session.query(COLUMNS, [`{${[...page.keys()].join(',')}}`], signal);
    for (const row of rows) page.get(row['oid'] ?? '')?.columns.push(columnOf(row, shared));
  }
  for (const table of tables) if (table.replicaIdentity === 'f') table.identityColumns = table.columns.map(({ name }) => name);
}

function compare(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}

const NAME = `json_build_object('schema', pn.nspname, 'table', p.relname)`;

/** Of partitions, the parent is unique; of inheritance, there may be several. */
const TABLES = `SELECT c.oid, n.nspname AS schema, c.relname AS name, c.relkind AS kind, c.relpersistence = 'u' AS unlogged,
  CASE WHEN c.relispartition THEN (SELECT ${NAME} FROM pg_class p JOIN pg_namespace pn ON pn.oid = p.relnamespace WHERE p.oid = pg_partition_root(c.oid)) END AS root,
  (SELECT json_agg(${NAME} ORDER BY i.inhseqno) FROM pg_inherits i JOIN pg_class p ON p.oid = i.inhparent JOIN pg_namespace pn ON pn.oid = p.relnamespace
    WHERE i.inhrelid = c.oid) AS parents,
  coalesce(CASE WHEN c.relkind = 'r' THEN pg_table_size(c.oid) END, 0) AS bytes,
  coalesce(CASE WHEN c.relkind = 'r' THEN pg_relation_size(c.oid) / current_setting('block_size')::int END, 0) AS pages,
  c.reltuples AS rows, c.relreplident AS identity, c.relrowsecurity AS row_security,
  (SELECT json_agg(a.attname ORDER BY k.n) FROM pg_index i, unnest(i.indkey::int2[]) WITH ORDINALITY k(attnum, n), pg_attribute a
    WHERE i.indrelid = c.oid AND i.indisprimary AND a.attrelid = c.oid AND a.attnum = k.attnum AND k.n <= i.indnkeyatts) AS primary_key,
  EXISTS (SELECT FROM pg_index i WHERE i.indrelid = c.oid AND i.indisprimary AND i.indimmediate) AS names_rows,
  (SELECT json_agg(a.attname ORDER BY k.n) FROM pg_index i, unnest(i.indkey::int2[]) WITH ORDINALITY k(attnum, n), pg_attribute a
    WHERE i.indrelid = c.oid AND i.indisreplident AND a.attrelid = c.oid AND a.attnum = k.attnum AND k.n <= i.indnkeyatts) AS identity_index
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.oid > $1::oid AND c.relkind IN ('r', 'p', 'f') AND c.relpersistence <> 't' AND ${OWN_SCHEMAS}
    AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
  ORDER BY c.oid LIMIT $2::int`;

const COLUMNS = `SELECT a.attrelid AS oid, a.attname AS name, a.attnum AS number, format_type(a.atttypid, a.atttypmod) AS type, a.atttypid AS type_oid,
  a.attnotnull AS not_null, a.attidentity AS identity, a.attgenerated AS generated,
  (SELECT quote_ident(cn.nspname) || '.' || quote_ident(co.collname) FROM pg_collation co JOIN pg_namespace cn ON cn.oid = co.collnamespace
    WHERE co.oid = a.attcollation AND a.attcollation <> t.typcollation) AS collation
  FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
  WHERE a.attrelid = ANY($1::oid[]) AND a.attnum > 0 AND NOT a.attisdropped
  ORDER BY a.attrelid, a.attnum`;

/** A sequence that may not be read has a null value. */
const SEQUENCES = `SELECT n.nspname AS schema, c.relname AS name, v.last_value, v.last_value IS NOT NULL AS is_called,
  on_.nspname AS owner_schema, o.relname AS owner_table, a.attname AS owner_column
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  CROSS JOIN LATERAL (SELECT CASE WHEN has_sequence_privilege(c.oid, 'USAGE, SELECT') THEN pg_sequence_last_value(c.oid) END AS last_value) v
  LEFT JOIN pg_depend d ON d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.refclassid = 'pg_class'::regclass AND d.deptype IN ('a', 'i')
  LEFT JOIN pg_class o ON o.oid = d.refobjid LEFT JOIN pg_namespace on_ ON on_.oid = o.relnamespace
  LEFT JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
  WHERE c.relkind = 'S' AND c.relpersistence <> 't' AND ${OWN_SCHEMAS}
    AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = 'pg_class'::regclass AND e.objid = c.oid AND e.deptype = 'e')
  ORDER BY n.nspname, c.relname`;

function tableOf(row: PgRow): Table {
  const primaryKey = parsed<string[]>(row['primary_key']) ?? [];
  const replicaIdentity = row['identity'] as Table['replicaIdentity'];
  // Of the whole row, the columns are known only later. A primary key that is DEFERRABLE names no row: once published, the server refuses updates.
  const byIdentity = { d: row['names_rows'] === 't' ? primaryKey : [], i: parsed<string[]>(row['identity_index']) ?? [], f: [], n: [] };
  return {
    oid: row['oid'] ?? '',
    schema: row['schema'] ?? '',
    table: row['name'] ?? '',
    kind: row['kind'] as Table['kind'],
    root: parsed<TableName>(row['root']),
    parents: parsed<TableName[]>(row['parents']) ?? [],
    isUnlogged: row['unlogged'] === 't',
    bytes: Number(row['bytes']),
    pages: Number(row['pages']),
    estimatedRows: Number(row['rows']),
    columns: [],
    primaryKey,
    replicaIdentity,
    identityColumns: byIdentity[replicaIdentity],
    hasRowSecurity: row['row_security'] === 't',
  };
}

function columnOf(row: PgRow, shared: (text: string) => string): Column {
  return {
    name: shared(row['name'] ?? ''),
    number: Number(row['number']),
    type: shared(row['type'] ?? ''),
    typeOid: shared(row['type_oid'] ?? ''),
    notNull: row['not_null'] === 't',
    identity: row['identity'] as Column['identity'],
    generated: row['generated'] as Column['generated'],
    collation: row['collation'] ? shared(row['collation']) : null,
  };
}

function sequenceOf(row: PgRow): Sequence {
  const owner = row['owner_table'];
  return {
    schema: row['schema'] ?? '',
    name: row['name'] ?? '',
    lastValue: row['last_value'] ?? null,
    isCalled: row['is_called'] === 't',
    ownedBy: owner ? { schema: row['owner_schema'] ?? '', table: owner, column: row['owner_column'] ?? '' } : null,
  };
}

function parsed<T>(json: string | null | undefined): T | null {
  return json ? (JSON.parse(json) as T) : null;
}

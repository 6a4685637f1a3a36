import type { PgRow, PgSession } from '../session/pg-session';
import type { Catalog, Column, Sequence, Table } from './catalog';

/** Schemas of the server itself, and ours. */
const OWN_SCHEMAS = `n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND n.nspname <> 'smartant'`;

/** Reads the catalogue of the session's database; within the session's snapshot where it has one. Members of extensions are left out. */
export async function readCatalog(session: PgSession, signal?: AbortSignal): Promise<Catalog> {
  const [server] = await session.query(SERVER, undefined, signal);
  const [tables, columns, sequences] = [
    await session.query(TABLES, undefined, signal),
    await session.query(COLUMNS, undefined, signal),
    await session.query(SEQUENCES, undefined, signal),
  ];
  const columnsOf = Map.groupBy(columns, (row) => row['oid'] ?? '');
  return {
    serverVersion: session.serverVersion,
    database: server?.['database'] ?? '',
    systemIdentifier: server?.['system_identifier'] ?? '',
    timeline: Number(server?.['timeline']),
    databaseOid: server?.['database_oid'] ?? '',
    encoding: server?.['encoding'] ?? '',
    tables: tables.map((row) => tableOf(row, (columnsOf.get(row['oid'] ?? '') ?? []).map(columnOf))),
    sequences: sequences.map(sequenceOf),
  };
}

const SERVER = `SELECT current_database() AS database, d.oid AS database_oid, pg_encoding_to_char(d.encoding) AS encoding,
  s.system_identifier, c.timeline_id AS timeline
  FROM pg_database d, pg_control_system() s, pg_control_checkpoint() c WHERE d.datname = current_database()`;

const TABLES = `SELECT c.oid, n.nspname AS schema, c.relname AS name, c.relkind AS kind, c.relpersistence = 'u' AS unlogged,
  CASE WHEN c.relispartition THEN (SELECT rn.nspname FROM pg_class r JOIN pg_namespace rn ON rn.oid = r.relnamespace WHERE r.oid = pg_partition_root(c.oid)) END AS root_schema,
  CASE WHEN c.relispartition THEN (SELECT r.relname FROM pg_class r WHERE r.oid = pg_partition_root(c.oid)) END AS root_name,
  CASE WHEN c.relkind = 'r' THEN pg_table_size(c.oid) ELSE 0 END AS bytes,
  CASE WHEN c.relkind = 'r' THEN pg_relation_size(c.oid) / current_setting('block_size')::int ELSE 0 END AS pages,
  c.reltuples AS rows, c.relreplident AS identity, c.relrowsecurity AS row_security,
  (SELECT json_agg(a.attname ORDER BY k.n) FROM pg_index i, unnest(i.indkey::int2[]) WITH ORDINALITY k(attnum, n), pg_attribute a
    WHERE i.indrelid = c.oid AND i.indisprimary AND a.attrelid = c.oid AND a.attnum = k.attnum) AS primary_key,
  (SELECT json_agg(a.attname ORDER BY k.n) FROM pg_index i, unnest(i.indkey::int2[]) WITH ORDINALITY k(attnum, n), pg_attribute a
    WHERE i.indrelid = c.oid AND i.indisreplident AND a.attrelid = c.oid AND a.attnum = k.attnum AND k.n <= i.indnkeyatts) AS identity_index
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'p', 'f') AND c.relpersistence <> 't' AND ${OWN_SCHEMAS}
    AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
  ORDER BY n.nspname, c.relname`;

const COLUMNS = `SELECT c.oid, a.attname AS name, a.attnum AS number, format_type(a.atttypid, a.atttypmod) AS type, a.atttypid AS type_oid,
  a.attnotnull AS not_null, a.attidentity AS identity, a.attgenerated AS generated,
  (SELECT quote_ident(cn.nspname) || '.' || quote_ident(co.collname) FROM pg_collation co JOIN pg_namespace cn ON cn.oid = co.collnamespace
    WHERE co.oid = a.attcollation AND a.attcollation <> t.typcollation) AS collation
  FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_type t ON t.oid = a.atttypid
  WHERE c.relkind IN ('r', 'p', 'f') AND a.attnum > 0 AND NOT a.attisdropped AND ${OWN_SCHEMAS}
  ORDER BY c.oid, a.attnum`;

/** A sequence that may not be read has a null value. */
const SEQUENCES = `SELECT n.nspname AS schema, c.relname AS name, pg_sequence_last_value(c.oid) AS last_value,
  pg_sequence_last_value(c.oid) IS NOT NULL AS is_called,
  on_.nspname AS owner_schema, o.relname AS owner_table, a.attname AS owner_column
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  LEFT JOIN pg_depend d ON d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.refclassid = 'pg_class'::regclass AND d.deptype IN ('a', 'i')
  LEFT JOIN pg_class o ON o.oid = d.refobjid LEFT JOIN pg_namespace on_ ON on_.oid = o.relnamespace
  LEFT JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
  WHERE c.relkind = 'S' AND c.relpersistence <> 't' AND ${OWN_SCHEMAS}
    AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = 'pg_class'::regclass AND e.objid = c.oid AND e.deptype = 'e')
  ORDER BY n.nspname, c.relname`;

function tableOf(row: PgRow, columns: Column[]): Table {
  const primaryKey = namesOf(row['primary_key']);
  const replicaIdentity = row['identity'] as Table['replicaIdentity'];
  const byIdentity = { d: primaryKey, i: namesOf(row['identity_index']), f: columns.map(({ name }) => name), n: [] };
  return {
    oid: row['oid'] ?? '',
    schema: row['schema'] ?? '',
    table: row['name'] ?? '',
    kind: row['kind'] as Table['kind'],
    root: row['root_name'] ? { schema: row['root_schema'] ?? '', table: row['root_name'] } : null,
    isUnlogged: row['unlogged'] === 't',
    bytes: Number(row['bytes']),
    pages: Number(row['pages']),
    estimatedRows: Number(row['rows']),
    columns,
    primaryKey,
    replicaIdentity,
    identityColumns: byIdentity[replicaIdentity],
    hasRowSecurity: row['row_security'] === 't',
  };
}

function columnOf(row: PgRow): Column {
  return {
    name: row['name'] ?? '',
    number: Number(row['number']),
    type: row['type'] ?? '',
    typeOid: row['type_oid'] ?? '',
    notNull: row['not_null'] === 't',
    identity: row['identity'] as Column['identity'],
    generated: row['generated'] as Column['generated'],
    collation: row['collation'] ?? null,
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

function namesOf(json: string | null | undefined): string[] {
  return json ? (JSON.parse(json) as string[]) : [];
}

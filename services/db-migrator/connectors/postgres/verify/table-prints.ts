import { nameOf } from '../catalog/target-name';
import type { Table } from '../catalog/catalog';
import type { PgSession } from '../session/pg-session';

/**
 * What a table's content can change by beside its rows' own changes, as one text each: its name, its file (TRUNCATE, a rewrite), its columns, how its old
 * rows are named, what it is a partition of, the labels of enums, and that all its changes are published by one of `publications`. Equal at two moments: between
 * them its rows changed only by what the publications told. Tables ("schema.table") whose changes are not told are missing.
 */
export async function readPrints(
  session: PgSession,
  tables: readonly Table[],
  publications: readonly string[],
  signal: AbortSignal,
): Promise<Map<string, string>> {
  const oids = `{${tables.map(({ oid }) => oid).join(',')}}`;
  const rows = await session.query(PRINTS, [oids, JSON.stringify(publications)], signal);
  const byOid = new Map(rows.map((row) => [row['oid'], row['print'] ?? '']));
  return new Map(tables.flatMap((table) => (byOid.has(table.oid) ? [[nameOf(table), byOid.get(table.oid)!] as const] : [])));
}

/** Rows of catalogues are new ones whenever they are changed; a publication's list of tables is told by its own rows. */
const PRINTS = `WITH named AS (SELECT json_array_elements_text($2::json) AS name),
  published AS (SELECT p.oid, p.pubname, concat_ws(' ', p.oid, p.xmin,
      (SELECT string_agg(concat_ws(':', r.oid, r.xmin), ',' ORDER BY r.oid) FROM pg_publication_rel r WHERE r.prpubid = p.oid),
      (SELECT md5(string_agg(concat_ws(':', e.oid, e.xmin), ',' ORDER BY e.oid)) FROM pg_enum e)) AS print
    FROM pg_publication p JOIN named n ON n.name = p.pubname WHERE p.pubinsert AND p.pubupdate AND p.pubdelete AND p.pubtruncate)
  SELECT c.oid, concat_ws(' | ', n.nspname, c.relname, c.relfilenode, c.relreplident, c.relispartition, p.print,
    (SELECT string_agg(concat_ws(':', a.attnum, a.xmin), ',' ORDER BY a.attnum) FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0),
    (SELECT string_agg(i.indexrelid::text, ',' ORDER BY i.indexrelid) FROM pg_index i WHERE i.indrelid = c.oid AND (i.indisprimary OR i.indisreplident)),
    (SELECT string_agg(concat_ws(':', h.inhparent, h.xmin), ',' ORDER BY h.inhparent) FROM pg_inherits h WHERE h.inhrelid = c.oid)) AS print
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_publication_tables t ON t.schemaname = n.nspname AND t.tablename = c.relname JOIN published p ON p.pubname = t.pubname
  WHERE c.oid = ANY ($1::oid[]) AND c.relpersistence = 'p'`;

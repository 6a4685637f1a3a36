import type { Table } from '../catalog/catalog';
import type { PgSession } from '../session/pg-session';

/** Something of the source that is made of a column which the target is not given. */
export interface ObjectOfColumn {
  /** As pg_dump names it: an entry's classOid and oid. */
  classOid: string;
  oid: string;
  kind:
    | 'primary key'
    | 'replica identity'
    | 'partition key'
    | 'constraint'
    | 'foreign key'
    | 'index'
    | 'sequence'
    | 'generated column'
    | 'view'
    | 'rule'
    | 'policy'
    | 'trigger'
    | 'statistics'
    | 'function';
  schema: string;
  /** What it is a part of; null: it stands by itself. */
  relation: string | null;
  name: string;
  /** The table ("schema.table") and the column. */
  of: string;
  column: string;
  /** It is made of something else as well, so that leaving the column out takes more away than the column. */
  hasMore: boolean;
}

/** Within the session's snapshot. What goes with a column by itself (its default, NOT NULL, comment, rights) is not among them. */
export async function objectsOfColumns(session: PgSession, tables: readonly Table[], signal: AbortSignal): Promise<ObjectOfColumn[]> {
  const given = tables.flatMap(({ oid, leftOutColumns = [] }) => leftOutColumns.map((column) => ({ oid, column })));
  if (given.length === 0) return [];
  const rows = await session.query(OBJECTS, [JSON.stringify(given)], signal);
  return rows.map((row) => ({
    classOid: row['class'] ?? '',
    oid: row['oid'] ?? '',
    kind: row['kind'] as ObjectOfColumn['kind'],
    schema: row['schema'] ?? '',
    relation: row['relation'] ?? null,
    name: row['name'] ?? '',
    of: row['of'] ?? '',
    column: row['column'] ?? '',
    hasMore: row['has_more'] === 't',
  }));
}

/**
 * By what the server's own DROP COLUMN goes by (pg_depend); of the key of a partitioned table it is the column that depends, on the table. A foreign key
 * belongs to the table that refers. A constraint's index is known by its constraint.
 */
const OBJECTS = `WITH gone AS (
    SELECT a.attrelid AS relation, a.attnum AS number, a.attname AS column, quote_ident(n.nspname) || '.' || quote_ident(c.relname) AS of, n.nspname AS schema, c.relname AS name
    FROM json_to_recordset($1::json) w(oid oid, "column" text) JOIN pg_attribute a ON a.attrelid = w.oid AND a.attname = w."column" AND a.attnum > 0 AND NOT a.attisdropped
    JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace),
  needs AS (
    SELECT DISTINCT ON (d.classid, d.objid, d.objsubid, g.relation) d.classid, d.objid, d.objsubid, g.relation, g.column, g.of, g.schema, g.name,
      EXISTS (SELECT FROM pg_depend o WHERE o.classid = d.classid AND o.objid = d.objid AND o.objsubid = d.objsubid AND o.refclassid = 'pg_class'::regclass
        AND o.refobjid = g.relation AND o.refobjsubid > 0 AND o.refobjsubid NOT IN (SELECT h.number FROM gone h WHERE h.relation = g.relation)) AS has_more
    FROM pg_depend d JOIN gone g ON d.refclassid = 'pg_class'::regclass AND d.refobjid = g.relation AND d.refobjsubid = g.number
    ORDER BY d.classid, d.objid, d.objsubid, g.relation, g.number)
  SELECT 'pg_constraint'::regclass::oid AS class, k.oid, CASE k.contype WHEN 'p' THEN 'primary key' WHEN 'f' THEN 'foreign key' ELSE 'constraint' END AS kind, kn.nspname AS schema,
    kc.relname AS relation, k.conname AS name, x.of, x.column, k.contype = 'p' OR k.conrelid <> x.relation OR EXISTS (SELECT FROM unnest(k.conkey) u WHERE u NOT IN (SELECT h.number FROM gone h WHERE h.relation = k.conrelid)) AS has_more
    FROM needs x JOIN pg_constraint k ON x.classid = 'pg_constraint'::regclass AND k.oid = x.objid JOIN pg_class kc ON kc.oid = k.conrelid JOIN pg_namespace kn ON kn.oid = kc.relnamespace
    WHERE k.contype IN ('c', 'p', 'u', 'x', 'f')
  UNION ALL SELECT 'pg_class'::regclass, c.oid, 'index', n.nspname, x.name, c.relname, x.of, x.column, x.has_more
    FROM needs x JOIN pg_class c ON x.classid = 'pg_class'::regclass AND c.oid = x.objid AND c.relkind IN ('i', 'I') JOIN pg_namespace n ON n.oid = c.relnamespace
  UNION ALL SELECT 'pg_class'::regclass, i.indexrelid, 'replica identity', g.schema, g.name, c.relname, g.of, g.column, true
    FROM gone g JOIN pg_index i ON i.indrelid = g.relation AND i.indisreplident AND g.number = ANY (i.indkey::int2[]) JOIN pg_class c ON c.oid = i.indexrelid
  UNION ALL SELECT 'pg_class'::regclass, c.oid, 'sequence', n.nspname, NULL, c.relname, x.of, x.column,
      EXISTS (SELECT FROM pg_depend o JOIN pg_attrdef f ON o.classid = 'pg_attrdef'::regclass AND f.oid = o.objid WHERE o.refclassid = 'pg_class'::regclass AND o.refobjid = c.oid
        AND NOT EXISTS (SELECT FROM gone h WHERE h.relation = f.adrelid AND h.number = f.adnum))
    FROM needs x JOIN pg_class c ON x.classid = 'pg_class'::regclass AND c.oid = x.objid AND c.relkind = 'S' JOIN pg_namespace n ON n.oid = c.relnamespace
  UNION ALL SELECT 'pg_class'::regclass, a.attrelid, 'generated column', x.schema, x.name, a.attname, x.of, x.column, true
    FROM needs x LEFT JOIN pg_attrdef f ON x.classid = 'pg_attrdef'::regclass AND f.oid = x.objid
    JOIN pg_attribute a ON a.attrelid = x.relation AND a.attgenerated <> '' AND a.attnum = CASE WHEN x.classid = 'pg_attrdef'::regclass THEN f.adnum WHEN x.classid = 'pg_class'::regclass AND x.objid = x.relation THEN x.objsubid END
    WHERE NOT EXISTS (SELECT FROM gone h WHERE h.relation = a.attrelid AND h.number = a.attnum)
  UNION ALL SELECT 'pg_class'::regclass, g.relation, 'partition key', g.schema, NULL, g.name, g.of, g.column, true FROM gone g JOIN pg_partitioned_table p ON p.partrelid = g.relation
    WHERE EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = g.relation AND d.objsubid = g.number AND d.refclassid = 'pg_class'::regclass
      AND d.refobjid = g.relation AND d.refobjsubid = 0 AND d.deptype = 'i') OR g.number = ANY (p.partattrs::int2[])
  UNION ALL SELECT DISTINCT CASE WHEN v.relkind IN ('v', 'm') THEN 'pg_class'::regclass ELSE 'pg_rewrite'::regclass END::oid, CASE WHEN v.relkind IN ('v', 'm') THEN v.oid ELSE r.oid END,
      CASE WHEN v.relkind IN ('v', 'm') THEN 'view' ELSE 'rule' END, n.nspname, CASE WHEN v.relkind NOT IN ('v', 'm') THEN v.relname END, CASE WHEN v.relkind IN ('v', 'm') THEN v.relname ELSE r.rulename END, x.of, x.column, true
    FROM needs x JOIN pg_rewrite r ON x.classid = 'pg_rewrite'::regclass AND r.oid = x.objid JOIN pg_class v ON v.oid = r.ev_class JOIN pg_namespace n ON n.oid = v.relnamespace
  UNION ALL SELECT 'pg_policy'::regclass, p.oid, 'policy', n.nspname, c.relname, p.polname, x.of, x.column, true
    FROM needs x JOIN pg_policy p ON x.classid = 'pg_policy'::regclass AND p.oid = x.objid JOIN pg_class c ON c.oid = p.polrelid JOIN pg_namespace n ON n.oid = c.relnamespace
  UNION ALL SELECT 'pg_trigger'::regclass, t.oid, 'trigger', n.nspname, c.relname, t.tgname, x.of, x.column, true
    FROM needs x JOIN pg_trigger t ON x.classid = 'pg_trigger'::regclass AND t.oid = x.objid AND NOT t.tgisinternal JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
  UNION ALL SELECT 'pg_statistic_ext'::regclass, s.oid, 'statistics', n.nspname, NULL, s.stxname, x.of, x.column, false
    FROM needs x JOIN pg_statistic_ext s ON x.classid = 'pg_statistic_ext'::regclass AND s.oid = x.objid JOIN pg_namespace n ON n.oid = s.stxnamespace
  UNION ALL SELECT 'pg_proc'::regclass, p.oid, 'function', n.nspname, NULL, p.proname || '(' || oidvectortypes(p.proargtypes) || ')', x.of, x.column, true
    FROM needs x JOIN pg_proc p ON x.classid = 'pg_proc'::regclass AND p.oid = x.objid JOIN pg_namespace n ON n.oid = p.pronamespace
  ORDER BY 7, 3, 4, 5, 6`;

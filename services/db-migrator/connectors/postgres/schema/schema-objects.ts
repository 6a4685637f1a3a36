/** One kind of object, as both ends are asked for it. */
export interface ObjectKind {
  kind: string;
  /** Rows of `schema`, `relation` (null: it belongs to none), `name`, `definition` and, where it lists some, `schemas` as JSON. */
  sql: string;
  /** The definition holds a query or an expression, whose names some majors write with their table and others without. */
  holdsQuery?: boolean;
  /** One more at the target changes what its table takes. */
  tellsExtra?: boolean;
  /** Of a table or of one of its columns: the name is the table's, or the table's and the column's with a dot between. */
  isOfColumn?: boolean;
  /** About owners and rights, which are compared only where roles are copied. */
  isRights?: boolean;
}

const OURS = `n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'smartant')`;
const notOfExtension = (catalogue: string, oid: string) =>
  `NOT EXISTS (SELECT FROM pg_depend x WHERE x.classid = '${catalogue}'::regclass AND x.objid = ${oid} AND x.deptype = 'e')`;
const RELATION = `JOIN pg_namespace n ON n.oid = c.relnamespace`;
const IS_OURS = `${OURS} AND ${notOfExtension('pg_class', 'c.oid')}`;
/** What an owner has by itself is not compared, nor what PostgreSQL 17 brought (MAINTAIN), which "all rights" of an older source cannot mean. */
const rights = (acl: string, owner: string) =>
  `(SELECT string_agg(CASE WHEN x.grantee = 0 THEN 'PUBLIC' ELSE pg_get_userbyid(x.grantee) END || ' ' || x.privilege_type || CASE WHEN x.is_grantable THEN '*' ELSE '' END, ', '
     ORDER BY CASE WHEN x.grantee = 0 THEN 'PUBLIC' ELSE pg_get_userbyid(x.grantee) END COLLATE "C", x.privilege_type COLLATE "C")
     FROM aclexplode(${acl}) x WHERE x.grantee <> ${owner} AND x.privilege_type <> 'MAINTAIN')`;

/** Everything that a migration brings but rows, positions of sequences, and publications. */
export const OBJECT_KINDS: readonly ObjectKind[] = [
  {
    kind: 'table',
    sql: `SELECT n.nspname AS schema, c.relname AS relation, c.relname AS name,
      concat_ws(' ', c.relkind, c.relpersistence, c.relreplident, 'security', c.relrowsecurity, c.relforcerowsecurity, pg_get_expr(c.relpartbound, c.oid), pg_get_partkeydef(c.oid),
        array_to_string(ARRAY(SELECT o FROM unnest(c.reloptions) o ORDER BY o COLLATE "C"), ',')) AS definition
      FROM pg_class c ${RELATION} WHERE c.relkind IN ('r', 'p', 'f') AND c.relpersistence <> 't' AND ${IS_OURS}`,
    holdsQuery: true,
  },
  {
    kind: 'column',
    sql: `SELECT n.nspname AS schema, c.relname AS relation, a.attname AS name,
      concat_ws(' ', format_type(a.atttypid, a.atttypmod), CASE WHEN a.attnotnull THEN 'not null' END, nullif(a.attidentity::text, ''), nullif(a.attgenerated::text, ''),
        CASE WHEN a.attcollation <> t.typcollation THEN (SELECT co.collname FROM pg_collation co WHERE co.oid = a.attcollation) END, 'default ' || pg_get_expr(d.adbin, d.adrelid)) AS definition
      FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid ${RELATION} JOIN pg_type t ON t.oid = a.atttypid LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
      WHERE c.relkind IN ('r', 'p', 'f', 'v', 'm') AND a.attnum > 0 AND NOT a.attisdropped AND ${IS_OURS}`,
    holdsQuery: true,
    tellsExtra: true,
  },
  {
    kind: 'index',
    sql: `SELECT n.nspname AS schema, t.relname AS relation, c.relname AS name,
      concat_ws(' ', pg_get_indexdef(i.indexrelid), CASE WHEN NOT i.indisvalid THEN 'invalid' END, CASE WHEN i.indisclustered THEN 'clustered' END, CASE WHEN i.indisreplident THEN 'identity' END) AS definition
      FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_class t ON t.oid = i.indrelid ${RELATION} WHERE t.relkind IN ('r', 'p', 'm') AND ${IS_OURS}`,
    tellsExtra: true,
  },
  {
    kind: 'constraint',
    sql: `SELECT n.nspname AS schema, c.relname AS relation, k.conname AS name, pg_get_constraintdef(k.oid) AS definition
      FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid ${RELATION} WHERE k.contype IN ('c', 'p', 'u', 'x', 'f') AND k.conparentid = 0 AND ${IS_OURS}`,
    holdsQuery: true,
    tellsExtra: true,
  },
  {
    kind: 'trigger',
    sql: `SELECT n.nspname AS schema, c.relname AS relation, t.tgname AS name, concat_ws(' ', pg_get_triggerdef(t.oid), t.tgenabled) AS definition
      FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid ${RELATION} WHERE NOT t.tgisinternal AND NOT EXISTS (SELECT FROM pg_depend x WHERE x.classid = 'pg_trigger'::regclass AND x.objid = t.oid AND x.deptype IN ('P', 'S')) AND t.tgname !~ '^smartant_' AND ${IS_OURS}`,
    holdsQuery: true,
    tellsExtra: true,
  },
  {
    kind: 'policy',
    sql: `SELECT n.nspname AS schema, c.relname AS relation, p.polname AS name,
      concat_ws(' ', p.polpermissive, p.polcmd, (SELECT string_agg(CASE WHEN r = 0 THEN 'PUBLIC' ELSE pg_get_userbyid(r) END, ',' ORDER BY r = 0, pg_get_userbyid(r)) FROM unnest(p.polroles) r),
        'using', pg_get_expr(p.polqual, p.polrelid), 'check', pg_get_expr(p.polwithcheck, p.polrelid)) AS definition
      FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid ${RELATION} WHERE ${IS_OURS}`,
    holdsQuery: true,
    tellsExtra: true,
  },
  {
    kind: 'rule',
    sql: `SELECT n.nspname AS schema, c.relname AS relation, r.rulename AS name, concat_ws(' ', pg_get_ruledef(r.oid), r.ev_enabled) AS definition
      FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class ${RELATION} WHERE r.rulename <> '_RETURN' AND ${IS_OURS}`,
    holdsQuery: true,
    tellsExtra: true,
  },
  {
    kind: 'view',
    sql: `SELECT n.nspname AS schema, NULL AS relation, c.relname AS name,
      concat_ws(' ', c.relkind, CASE WHEN c.relkind = 'm' AND NOT c.relispopulated THEN 'empty' END, array_to_string(c.reloptions, ','), pg_get_viewdef(c.oid)) AS definition
      FROM pg_class c ${RELATION} WHERE c.relkind IN ('v', 'm') AND c.relpersistence <> 't' AND ${IS_OURS}`,
    holdsQuery: true,
  },
  {
    kind: 'sequence',
    sql: `SELECT n.nspname AS schema, NULL AS relation, c.relname AS name,
      concat_ws(' ', s.seqtypid::regtype, s.seqstart, s.seqincrement, s.seqmin, s.seqmax, s.seqcache, s.seqcycle) AS definition
      FROM pg_sequence s JOIN pg_class c ON c.oid = s.seqrelid ${RELATION} WHERE c.relpersistence <> 't' AND ${IS_OURS}`,
  },
  {
    kind: 'function',
    sql: `SELECT n.nspname AS schema, NULL AS relation, p.proname || '(' || oidvectortypes(p.proargtypes) || ')' AS name,
      concat_ws(' ', p.prokind, l.lanname, pg_get_function_result(p.oid), p.provolatile, p.proisstrict, p.prosecdef, p.proleakproof, p.proparallel, p.procost, p.prorows,
        array_to_string(p.proargnames, ','), array_to_string(p.proargmodes, ','), pg_get_expr(p.proargdefaults, 0),
        (SELECT string_agg(c, ',') FROM unnest(p.proconfig) c WHERE c !~ '^search_path='), md5(p.prosrc),
        CASE WHEN p.prosrc = '' AND p.prokind <> 'a' THEN substring(pg_get_functiondef(p.oid) FROM 'BEGIN ATOMIC.*') END) AS definition,
      (SELECT array_to_json(string_to_array(replace(substr(c, length('search_path=') + 1), '"', ''), ', ')) FROM unnest(p.proconfig) c WHERE c ~ '^search_path=') AS schemas
      FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace JOIN pg_language l ON l.oid = p.prolang WHERE ${OURS} AND ${notOfExtension('pg_proc', 'p.oid')}`,
    holdsQuery: true,
  },
  {
    kind: 'type',
    sql: `SELECT n.nspname AS schema, NULL AS relation, t.typname AS name,
      concat_ws(' ', t.typtype, (SELECT string_agg(quote_literal(e.enumlabel), ',' ORDER BY e.enumsortorder) FROM pg_enum e WHERE e.enumtypid = t.oid),
        (SELECT string_agg(quote_ident(a.attname) || ' ' || format_type(a.atttypid, a.atttypmod), ',' ORDER BY a.attnum) FROM pg_attribute a WHERE a.attrelid = t.typrelid AND t.typtype = 'c' AND a.attnum > 0 AND NOT a.attisdropped),
        CASE WHEN t.typtype = 'd' THEN concat_ws(' ', format_type(t.typbasetype, t.typtypmod), CASE WHEN t.typnotnull THEN 'not null' END, t.typdefault,
          (SELECT string_agg(pg_get_constraintdef(k.oid), ',' ORDER BY k.conname) FROM pg_constraint k WHERE k.contypid = t.oid AND k.contype = 'c')) END,
        (SELECT rngsubtype::regtype::text FROM pg_range r WHERE r.rngtypid = t.oid)) AS definition
      FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace LEFT JOIN pg_class c ON c.oid = t.typrelid
      WHERE t.typtype IN ('e', 'd', 'c', 'r') AND (c.oid IS NULL OR c.relkind = 'c') AND ${OURS} AND ${notOfExtension('pg_type', 't.oid')}`,
    holdsQuery: true,
  },
  {
    kind: 'statistics',
    sql: `SELECT n.nspname AS schema, NULL AS relation, s.stxname AS name, pg_get_statisticsobjdef(s.oid) AS definition
      FROM pg_statistic_ext s JOIN pg_namespace n ON n.oid = s.stxnamespace WHERE ${OURS}`,
  },
  {
    kind: 'extension',
    sql: `SELECT '' AS schema, NULL AS relation, extname AS name, '' AS definition FROM pg_extension WHERE extname <> 'plpgsql'`,
  },
  {
    kind: 'event trigger',
    sql: `SELECT '' AS schema, NULL AS relation, evtname AS name, concat_ws(' ', evtevent, evtenabled, array_to_string(evttags, ','), evtfoid::regproc) AS definition
      FROM pg_event_trigger e WHERE evtname !~ '^smartant_' AND ${notOfExtension('pg_event_trigger', 'e.oid')}`,
  },
  {
    kind: 'comment',
    isOfColumn: true,
    sql: `SELECT n.nspname AS schema, CASE WHEN c.relkind IN ('r', 'p', 'f') THEN c.relname END AS relation, c.relname || coalesce('.' || a.attname, '') AS name, d.description AS definition
      FROM pg_description d JOIN pg_class c ON c.oid = d.objoid AND d.classoid = 'pg_class'::regclass ${RELATION} LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = d.objsubid AND d.objsubid > 0
      WHERE ${IS_OURS}
      UNION ALL SELECT n.nspname, NULL, t.typname, d.description FROM pg_description d JOIN pg_type t ON t.oid = d.objoid AND d.classoid = 'pg_type'::regclass JOIN pg_namespace n ON n.oid = t.typnamespace
      WHERE ${OURS} AND ${notOfExtension('pg_type', 't.oid')}
      UNION ALL SELECT n.nspname, NULL, p.proname || '(' || oidvectortypes(p.proargtypes) || ')', d.description FROM pg_description d JOIN pg_proc p ON p.oid = d.objoid AND d.classoid = 'pg_proc'::regclass
      JOIN pg_namespace n ON n.oid = p.pronamespace WHERE ${OURS} AND ${notOfExtension('pg_proc', 'p.oid')}`,
  },
  {
    kind: 'owner and grants',
    isRights: true,
    sql: `SELECT n.nspname AS schema, CASE WHEN c.relkind IN ('r', 'p', 'f') THEN c.relname END AS relation, c.relname AS name,
      concat_ws('; ', CASE WHEN c.relowner <> 10 THEN pg_get_userbyid(c.relowner) END, ${rights(`c.relacl`, 'c.relowner')},
        (SELECT string_agg(a.attname || ': ' || ${rights('a.attacl', 'c.relowner')}, '; ' ORDER BY a.attname) FROM pg_attribute a WHERE a.attrelid = c.oid AND c.relkind IN ('v', 'm') AND a.attacl IS NOT NULL)) AS definition
      FROM pg_class c ${RELATION} WHERE c.relkind IN ('r', 'p', 'f', 'v', 'm', 'S') AND c.relpersistence <> 't' AND ${IS_OURS}
      UNION ALL SELECT n.nspname, NULL, p.proname || '(' || oidvectortypes(p.proargtypes) || ')', concat_ws('; ', CASE WHEN p.proowner <> 10 THEN pg_get_userbyid(p.proowner) END, ${rights(`coalesce(p.proacl, acldefault('f', p.proowner))`, 'p.proowner')})
      FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE ${OURS} AND ${notOfExtension('pg_proc', 'p.oid')}`,
  },
  {
    kind: 'grants on column',
    isRights: true,
    isOfColumn: true,
    tellsExtra: true,
    sql: `SELECT n.nspname AS schema, c.relname AS relation, c.relname || '.' || a.attname AS name, ${rights('a.attacl', 'c.relowner')} AS definition
      FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid ${RELATION} WHERE c.relkind IN ('r', 'p', 'f') AND NOT a.attisdropped AND ${rights('a.attacl', 'c.relowner')} IS NOT NULL AND ${IS_OURS}`,
  },
];

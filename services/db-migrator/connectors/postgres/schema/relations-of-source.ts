import type { TableName } from '../catalog/catalog';
import { defaultTablespace } from '../catalog/default-tablespace';
import type { PgSession } from '../session/pg-session';
import type { RelationOf } from './choose-entries';

/** Every relation by its oid, and the relation that each object belongs to: an index's, constraint's, trigger's, rule's, policy's, default's, statistics'. */
const RELATIONS = `SELECT c.oid, n.nspname AS schema, c.relname AS name, c.relkind AS kind FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind NOT IN ('t', 'i', 'I') AND n.nspname NOT IN ('pg_catalog', 'information_schema')`;
const BELONGING = `
  SELECT 'pg_class'::regclass::oid AS class, indexrelid AS oid, indrelid AS relation FROM pg_index
  UNION ALL SELECT 'pg_constraint'::regclass, oid, conrelid FROM pg_constraint WHERE conrelid <> 0
  UNION ALL SELECT 'pg_trigger'::regclass, oid, tgrelid FROM pg_trigger
  UNION ALL SELECT 'pg_rewrite'::regclass, oid, ev_class FROM pg_rewrite
  UNION ALL SELECT 'pg_policy'::regclass, oid, polrelid FROM pg_policy
  UNION ALL SELECT 'pg_attrdef'::regclass, oid, adrelid FROM pg_attrdef
  UNION ALL SELECT 'pg_statistic_ext'::regclass, oid, stxrelid FROM pg_statistic_ext
  UNION ALL SELECT 'pg_publication_rel'::regclass, oid, prrelid FROM pg_publication_rel`;
/** pg_class; an oid that never changes. */
const PG_CLASS = '1259';

/** Reads, within the session's snapshot, what tells to which relation an entry of a dump belongs. Names of entries would not: "a b c" may be table "a b" and constraint "c". */
export async function relationsOfSource(
  session: PgSession,
  signal: AbortSignal,
): Promise<{ relationOf: RelationOf; tables: TableName[]; tablespace: string }> {
  const relations = await session.query(RELATIONS, undefined, signal);
  const names = new Map(relations.map((row) => [row['oid'], { schema: row['schema'] ?? '', table: row['name'] ?? '' }]));
  const owners = new Map(
    (await session.query(BELONGING, undefined, signal)).map((row) => [`${row['class']}:${row['oid']}`, row['relation']]),
  );
  return {
    relationOf: ({ classOid, oid }) => {
      // What has no object of its own, as the switch of row security, names the relation's oid alone.
      const relation = owners.get(`${classOid}:${oid}`) ?? (classOid === PG_CLASS || classOid === '0' ? oid : undefined);
      return names.get(relation ?? '0') ?? null;
    },
    tablespace: await defaultTablespace(session, signal),
    tables: relations.filter(({ kind }) => ['r', 'p', 'f'].includes(kind ?? '')).map((row) => names.get(row['oid'])!),
  };
}

import { Client } from 'pg';

/** What programs rely on in a database's own schemas: one entry a thing, by its name. */
export interface SchemaCatalogue {
  /** "schema.table.column" */
  columns: Map<string, { type: string; nullable: boolean; filled: boolean; table: string }>;
  /** Checks, keys and unique indexes, by name or by definition where the name says nothing. */
  rules: Map<string, { table: string; columns: string[] }>;
  /** With their arguments. */
  functions: Set<string>;
}

const OURS = `n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema'`;

const COLUMNS = `
SELECT format('%s.%s.%s', n.nspname, c.relname, a.attname) AS name, format('%s.%s', n.nspname, c.relname) AS "table",
  format_type(a.atttypid, a.atttypmod) AS type, NOT a.attnotnull AS nullable, a.atthasdef OR a.attidentity <> '' AS filled
FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE ${OURS} AND c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped`;

/** Without NOT NULLs, which some versions of PostgreSQL list here and all tell of the column. */
const RULES = `
SELECT format('%s.%s: %s', n.nspname, c.relname, pg_get_constraintdef(k.oid)) AS name, format('%s.%s', n.nspname, c.relname) AS "table",
  coalesce((SELECT array_agg(attname::text) FROM pg_attribute WHERE attrelid = c.oid AND attnum = ANY (k.conkey)), '{}') AS columns
FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE ${OURS} AND k.contype <> 'n'
UNION ALL
SELECT format('%s.%s: %s', n.nspname, c.relname, regexp_replace(pg_get_indexdef(i.indexrelid), 'INDEX \\S+ ON', 'INDEX ON')),
  format('%s.%s', n.nspname, c.relname),
  coalesce((SELECT array_agg(attname::text) FROM pg_attribute WHERE attrelid = c.oid AND attnum = ANY (i.indkey::smallint[])), '{}')
FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE ${OURS} AND i.indisunique AND NOT EXISTS (SELECT 1 FROM pg_constraint WHERE conindid = i.indexrelid AND contype IN ('p', 'u', 'x'))`;

const FUNCTIONS = `
SELECT format('%s.%s(%s)', n.nspname, p.proname, pg_get_function_identity_arguments(p.oid)) AS name
FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE ${OURS}`;

export async function readSchemaCatalogue(url: string): Promise<SchemaCatalogue> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    const columns = await client.query<{ name: string; type: string; nullable: boolean; filled: boolean; table: string }>(COLUMNS);
    const rules = await client.query<{ name: string; table: string; columns: string[] }>(RULES);
    const functions = await client.query<{ name: string }>(FUNCTIONS);
    return {
      columns: new Map(columns.rows.map(({ name, ...column }) => [name, column])),
      rules: new Map(rules.rows.map(({ name, ...rule }) => [name, rule])),
      functions: new Set(functions.rows.map(({ name }) => name)),
    };
  } finally {
    await client.end();
  }
}

/** What a program that was written for `before` would miss or fail on in `after`, in words. Nothing, when it was only expanded. */
export function contractedBetween(before: SchemaCatalogue, after: SchemaCatalogue): string[] {
  const found: string[] = [];
  const tables = new Set([...before.columns.values()].map(({ table }) => table));
  for (const [name, old] of before.columns) {
    const now = after.columns.get(name);
    if (!now) found.push(`${name} is gone`);
    else if (now.type !== old.type) found.push(`${name} is ${now.type}, and was ${old.type}`);
    else if (old.nullable && !now.nullable) found.push(`${name} takes no null any more`);
    else if (old.filled && !now.filled && !now.nullable) found.push(`${name} is no longer filled by itself`);
  }
  for (const [name, { table, nullable, filled }] of after.columns) {
    if (tables.has(table) && !before.columns.has(name) && !nullable && !filled) found.push(`${name} is new and has to be given`);
  }
  for (const [name, { table, columns }] of after.rules) {
    const isOfOld = columns.length === 0 || columns.some((column) => before.columns.has(`${table}.${column}`));
    if (tables.has(table) && !before.rules.has(name) && isOfOld) found.push(`${name} is a new rule`);
  }
  // Writers name them in ON CONFLICT.
  for (const name of before.rules.keys()) if (!after.rules.has(name)) found.push(`${name} is gone`);
  for (const name of before.functions) if (!after.functions.has(name)) found.push(`${name} is gone`);
  return found.sort();
}

import { nameMatcher } from '@smartant/kernel';
import type { DatabaseScope } from '../../../domain/database-scope';
import type { PgSession } from '../session/pg-session';
import type { PairFinding } from './pair-finding';

type Filters = Pick<DatabaseScope, 'includeSchemas' | 'excludeSchemas' | 'includeTables' | 'excludeTables' | 'renames'>;

/** By the options that a user knows them by. */
const OPTIONS = {
  includeSchemas: '--schema',
  excludeSchemas: '--exclude-schema',
  includeTables: '--table',
  excludeTables: '--exclude-table',
} as const;

/** Filters and new names that mean nothing of the source: what was mistyped would be left out, or taken along, without a word. */
export async function unmatchedFindings(
  session: PgSession,
  scope: Filters,
  /** What else moves nothing, as it is to be told. */
  others: string[],
  signal: AbortSignal,
): Promise<PairFinding[]> {
  const rows = await session.query(NAMES, undefined, signal);
  const schemas = rows.filter((row) => row['relation'] === null).map((row) => row['schema'] ?? '');
  const relations = rows.filter((row) => row['relation'] !== null).map((row) => `${row['schema']}.${row['relation']}`);
  const isThere = (glob: string, names: string[]) => names.some(nameMatcher([glob]));
  const of = (filter: keyof typeof OPTIONS, names: string[]) =>
    scope[filter].filter((glob) => !isThere(glob, names)).map((glob) => `${OPTIONS[filter]} ${glob}`);
  const known = new Set([...schemas, ...relations]);
  const unmatched = [
    ...of('includeSchemas', schemas),
    ...of('excludeSchemas', schemas),
    ...of('includeTables', relations),
    ...of('excludeTables', relations),
    ...scope.renames.filter(({ from }) => !known.has(from)).map(({ from, to }) => `--rename ${from}=${to}`),
    ...others,
  ];
  if (unmatched.length === 0) return [];
  return [
    {
      severity: 'warning',
      code: 'DATABASE_FILTER_UNMATCHED',
      subject: 'source',
      message: `Nothing of the source is meant by: ${unmatched.join(', ')}.`,
      hint: 'Names are matched as they are written in the catalogue, in upper and lower case, and tables as "schema.table". Correct them, or leave them away.',
    },
  ];
}

/** Schemas, and what lies in them. */
const NAMES = `SELECT nspname AS schema, NULL AS relation FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname NOT IN ('information_schema', 'smartant')
  UNION ALL SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'p', 'f', 'v', 'm', 'S') AND n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'smartant')`;

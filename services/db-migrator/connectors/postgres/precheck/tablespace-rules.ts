import type { DatabaseScope } from '../../../domain/database-scope';
import { quoteName, type Table, type TableName } from '../catalog/catalog';
import { defaultTablespace } from '../catalog/default-tablespace';
import { nameFilter } from '../schema/schema-scope';
import type { PgSession } from '../session/pg-session';
import type { PairFinding } from './pair-finding';
import { named } from './table-rules';

/** What of the scope lies in a tablespace: tables, partitioned ones and materialized views, and indexes. */
interface Placed {
  relations: TableName[];
  indexes: TableName[];
}

export interface UsedTablespaces {
  /** Of the source's database; a dump names none for what lies in it. */
  byDefault: string;
  /** Without the default one. */
  others: Map<string, Placed>;
}

/** An index belongs to the scope when its table does. Partitioned ones take no room, but name it for what comes to them. */
const PLACED = `SELECT t.spcname AS tablespace, n.nspname AS schema, c.relname AS name, o.relname AS relation, o.relkind AS kind
  FROM pg_class c JOIN pg_tablespace t ON t.oid = c.reltablespace LEFT JOIN pg_index i ON i.indexrelid = c.oid
  JOIN pg_class o ON o.oid = coalesce(i.indrelid, c.oid) JOIN pg_namespace n ON n.oid = o.relnamespace
  WHERE c.relkind IN ('r', 'p', 'm', 'i', 'I') AND o.relkind IN ('r', 'p', 'm') AND c.relpersistence <> 't' ORDER BY 1, 2, 3`;

/** Where the source keeps what of it is migrated. */
export async function usedTablespaces(
  session: PgSession,
  tables: readonly Table[],
  scope: DatabaseScope,
  signal: AbortSignal,
): Promise<UsedTablespaces> {
  const byDefault = await defaultTablespace(session, signal);
  const filter = nameFilter({ ...scope, tables });
  const others: UsedTablespaces['others'] = new Map();
  for (const row of await session.query(PLACED, undefined, signal)) {
    const [schema, table, tablespace] = [row['schema'] ?? '', row['relation'] ?? '', row['tablespace'] ?? ''];
    if (!(row['kind'] === 'm' ? filter.relation : filter.table)({ schema, table })) continue;
    const placed = others.get(tablespace) ?? { relations: [], indexes: [] };
    (row['name'] === table ? placed.relations : placed.indexes).push({ schema, table: row['name'] ?? '' });
    others.set(tablespace, placed);
  }
  return { byDefault, others };
}

/** Room on another disk than a user thinks of should not come as a surprise. */
export function unmappedTablespaceFindings({ others }: UsedTablespaces, scope: DatabaseScope): PairFinding[] {
  const mapped = new Set(scope.tablespaces.map(({ from }) => from));
  return [...others]
    .filter(([name]) => !mapped.has(name))
    .map(([name, { relations, indexes }]) => {
      const shown = [...counted(relations, 'tables'), ...counted(indexes, 'indexes')].join(' and ');
      return {
        severity: 'warning',
        code: 'DATABASE_TABLESPACE_UNMAPPED',
        subject: 'source',
        message: `${shown} lie in the tablespace "${name}" of the source; at the target they are made in its default tablespace.`,
        hint: `Leave it so where there is room; or say which tablespace of the target they go to: --tablespace ${name}=<name at the target> ("tablespaces" of the scope).`,
      };
    });
}

function counted(names: TableName[], what: string): string[] {
  return names.length === 0 ? [] : [`${names.length} ${what} (${named(names)})`];
}

/** As options, those that move nothing. */
export function unusedTablespaces({ byDefault, others }: UsedTablespaces, scope: DatabaseScope): string[] {
  return scope.tablespaces
    .filter(({ from }) => from !== byDefault && !others.has(from))
    .map(({ from, to }) => `--tablespace ${from}=${to}`);
}

/** No table of a user's can be in pg_global. In the database's own one anybody may make tables who may make them at all. */
const OFFERED = `SELECT t.spcname AS name, t.oid = d.dattablespace OR has_tablespace_privilege(t.oid, 'CREATE') AS may_create, current_user AS user
  FROM pg_tablespace t, pg_database d WHERE d.datname = current_database() AND t.spcname <> 'pg_global' ORDER BY 1`;

/** Whether the target has what is mapped to, and lets the role make something there. `session`: at the target. */
export async function targetTablespaceFindings(session: PgSession, scope: DatabaseScope, signal: AbortSignal): Promise<PairFinding[]> {
  if (scope.tablespaces.length === 0) return [];
  const offered = await session.query(OFFERED, undefined, signal);
  const wanted = [...new Set(scope.tablespaces.map(({ to }) => to))];
  const missing = wanted.filter((name) => !offered.some((row) => row['name'] === name));
  const denied = offered.filter((row) => wanted.includes(row['name'] ?? '') && row['may_create'] !== 't').map((row) => row['name'] ?? '');
  return [
    ...(missing.length > 0
      ? [
          missingOnes(
            missing,
            offered.map((row) => row['name'] ?? ''),
          ),
        ]
      : []),
    ...(denied.length > 0 ? [deniedOnes(denied, offered[0]?.['user'] ?? '')] : []),
  ];
}

const listed = (names: string[]) => names.map((name) => `"${name}"`).join(', ');

function missingOnes(missing: string[], offered: string[]): PairFinding {
  return {
    severity: 'blocker',
    code: 'DATABASE_TABLESPACE_MISSING',
    subject: 'target',
    message: `The target's server has no tablespace ${listed(missing)} for tables; it has ${listed(offered)}.`,
    hint: `Name one that is there; or make it, as a superuser and with an empty folder of the server: CREATE TABLESPACE ${quoteName(missing[0] ?? '')} LOCATION '/path/to/folder'; or leave the mapping away.`,
  };
}

function deniedOnes(denied: string[], user: string): PairFinding {
  return {
    severity: 'blocker',
    code: 'DATABASE_TABLESPACE_DENIED',
    subject: 'target',
    message: `The role may not make tables in the target's tablespace ${listed(denied)}.`,
    hint: 'The tablespace’s owner or an administrator gives it the right; or map to another one.',
    fix: {
      statements: denied.map((name) => `GRANT CREATE ON TABLESPACE ${quoteName(name)} TO ${quoteName(user)}`),
      isSafe: true,
      needsRestart: false,
    },
  };
}

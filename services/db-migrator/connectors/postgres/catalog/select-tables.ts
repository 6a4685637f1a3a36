import { nameMatcher } from '@smartant/kernel';
import type { DatabaseScope } from '../../../domain/database-scope';
import type { Catalog, Table, TableName } from './catalog';
import { nameOf } from './target-name';

export type TableFilters = Pick<DatabaseScope, 'includeSchemas' | 'excludeSchemas' | 'includeTables' | 'excludeTables'>;

/**
 * The tables that a scope is about. What is included by schema or by name belongs to it, and everything does where nothing is included; an
 * exclusion wins. A partition goes with its root (what holds for the root holds for it), and a table brings those along that it is a
 * partition of or inherits from, unless they are excluded: it cannot be made without them.
 */
export function selectTables(catalog: Pick<Catalog, 'tables'>, scope: TableFilters): Table[] {
  const isNamed = namedBy(scope);
  const byName = new Map(catalog.tables.map((table) => [nameOf(table), table]));
  const selected = new Set<Table>();
  const bring = (table: Table) => {
    if (selected.has(table) || isExcluded(table, scope)) return;
    selected.add(table);
    for (const parent of table.parents) {
      const found = byName.get(nameOf(parent));
      if (found) bring(found);
    }
  };
  for (const table of catalog.tables) if (isNamed(table) || (table.root && isNamed(table.root))) bring(table);
  return catalog.tables.filter((table) => selected.has(table));
}

function namedBy({ includeSchemas, includeTables }: TableFilters): (name: TableName) => boolean {
  if (includeSchemas.length === 0 && includeTables.length === 0) return () => true;
  const [schemas, tables] = [nameMatcher(includeSchemas), nameMatcher(includeTables)];
  return (name) => schemas(name.schema) || tables(nameOf(name));
}

function isExcluded(table: Table, { excludeSchemas, excludeTables }: TableFilters): boolean {
  const [schemas, tables] = [nameMatcher(excludeSchemas), nameMatcher(excludeTables)];
  return [table, ...(table.root ? [table.root] : [])].some((name) => schemas(name.schema) || tables(nameOf(name)));
}

import { nameMatcher } from '@smartant/kernel';
import type { DatabaseScope } from '../../../domain/database-scope';
import { keyOf, type Table, type TableName } from '../catalog/catalog';

export { keyOf } from '../catalog/catalog';

/** What of a schema is copied. */
export interface SchemaScope extends Pick<
  DatabaseScope,
  'includeSchemas' | 'excludeSchemas' | 'includeTables' | 'excludeTables' | 'roles' | 'targetPolicy' | 'tablespaces'
> {
  /** The tables of the source that are migrated: what the other stages copy is what is made here. */
  tables: readonly Table[];
  /** Tables that the target has by this migration already: their foreign keys to `tables` are made as well, and nothing else of them. */
  there?: readonly Table[];
  /** Publications of the source. Subscriptions never are copied: two that read one slot would take changes from each other. */
  publications?: boolean;
}

export interface NameFilter {
  table(name: TableName): boolean;
  /** Views, sequences and other relations that are no tables. */
  relation(name: TableName): boolean;
  /** Types, functions and whatever else lies in a schema. */
  schema(schema: string): boolean;
}

/** The names that a scope takes in. A schema belongs to it when it is included, or when one of the scope's tables lies in it. */
export function nameFilter(scope: SchemaScope): NameFilter {
  const tables = new Set(scope.tables.map((name) => keyOf(name)));
  const schemasOfTables = new Set(scope.tables.map(({ schema }) => schema));
  const isEverything = scope.includeSchemas.length === 0 && scope.includeTables.length === 0;
  const [included, excluded] = [nameMatcher(scope.includeSchemas), nameMatcher(scope.excludeSchemas)];
  const excludedTable = nameMatcher(scope.excludeTables);
  const schema = (name: string) => !excluded(name) && (isEverything || included(name) || schemasOfTables.has(name));
  return {
    table: (name) => tables.has(keyOf(name)),
    relation: (name) => schema(name.schema) && !excludedTable(`${name.schema}.${name.table}`),
    schema,
  };
}

export function tableOfKey(key: string): TableName {
  const [schema, table] = JSON.parse(key) as [string, string];
  return { schema, table };
}

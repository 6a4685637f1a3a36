import { globProblem, nameMatcher, SmartantError, type FieldError } from '@smartant/kernel';
import type { DatabaseScope } from './database-scope';
import type { MigrationSpec } from './migration-spec';

/** Tables of a database whose changes are streamed. Globs over "schema.table", but for `resync`: one table each. */
export interface TableChange {
  /** Into the scope: made at the target, copied, and streamed from then on. */
  add: string[];
  /** Out of the scope: streamed no longer. What was copied stays at the target as it is. */
  drop: string[];
  /** To be emptied at the target and copied again, also where one was put aside. */
  resync: string[];
}

const MOST = 1_000;

/**
 * The scope with tables added, left out or to be copied again. `request`: above all that were given before.
 * Raises MIGRATION_TABLES_FIXED where no changes are streamed, and MIGRATION_SPEC_INVALID, naming the fields.
 */
export function changedTables(spec: MigrationSpec, change: TableChange, request: number): DatabaseScope {
  if (spec.kind !== 'database' || spec.database.mode !== 'live') throw tablesFixed();
  const errors = changeErrors(change);
  if (errors.length > 0) throw invalid(errors);
  const { database } = spec;
  const isEverything = database.includeSchemas.length + database.includeTables.length === 0;
  const excludeTables = database.excludeTables.filter((glob) => !change.add.includes(glob));
  const withheld = withheldErrors(change.add, { ...database, excludeTables });
  if (withheld.length > 0) throw invalid(withheld);
  const resyncs = (database.resyncs ?? []).filter(({ table }) => ![...change.resync, ...change.drop].includes(table));
  return {
    ...database,
    includeTables: isEverything ? [] : [...new Set([...database.includeTables, ...change.add])],
    excludeTables: [...new Set([...excludeTables, ...change.drop])],
    resyncs: [...resyncs, ...change.resync.map((table) => ({ table, request }))],
  };
}

function changeErrors({ add, drop, resync }: TableChange): FieldError[] {
  if (add.length + drop.length + resync.length === 0) return [{ field: 'add', message: 'name at least one table to add, drop or resync' }];
  const named = Object.entries({ add, drop, resync }).flatMap(([field, names]) => [
    ...(names.length > MOST ? [{ field, message: `expected at most ${MOST} tables` }] : []),
    ...names.flatMap((name, index) => nameErrors(name, `${field}.${index}`)),
  ]);
  const twice = add.flatMap((name, index) => (drop.includes(name) ? [{ field: `add.${index}`, message: 'is to be dropped as well' }] : []));
  const gone = resync.flatMap((name, index) =>
    drop.includes(name) ? [{ field: `resync.${index}`, message: 'is to be dropped as well' }] : [],
  );
  return [...named, ...twice, ...gone];
}

/** An exclusion wins over whatever is included: a table that one still withholds would never be copied, without a word. */
function withheldErrors(add: string[], { excludeSchemas, excludeTables }: DatabaseScope): FieldError[] {
  const bySchemas = excludeSchemas.map((glob) => ({ matches: nameMatcher([glob]), reason: `the excluded schema "${glob}"` }));
  const byTables = excludeTables.map((glob) => ({
    matches: nameMatcher([glob]),
    reason: `the exclusion "${glob}" (add that, and it is lifted)`,
  }));
  return add.flatMap((name, index) => {
    const schema = name.slice(0, name.indexOf('.'));
    const found = bySchemas.find(({ matches }) => matches(schema)) ?? byTables.find(({ matches }) => matches(name));
    return found ? [{ field: `add.${index}`, message: `is withheld by ${found.reason}; a migration of its own can take it` }] : [];
  });
}

function nameErrors(name: string, field: string): FieldError[] {
  const at = name.indexOf('.');
  if (at <= 0 || at === name.length - 1) return [{ field, message: 'expected "schema.table"' }];
  const problem = field.startsWith('resync') ? undefined : globProblem(name);
  return problem === undefined ? [] : [{ field, message: problem }];
}

function tablesFixed(): SmartantError {
  return new SmartantError(
    'MIGRATION_TABLES_FIXED',
    'Only the tables of a database whose changes are streamed can be changed on the way.',
    {
      kind: 'precondition',
      hint: 'Cancel this migration, and begin another one with the tables that you want.',
    },
  );
}

function invalid(fields: FieldError[]): SmartantError {
  return new SmartantError(
    'MIGRATION_SPEC_INVALID',
    `The tables cannot be changed so: ${fields.map(({ field, message }) => `${field} ${message}`).join('; ')}.`,
    {
      kind: 'invalid',
      hint: 'Correct the fields that are named.',
      fields,
    },
  );
}

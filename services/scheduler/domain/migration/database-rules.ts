import { globProblem, type FieldError } from '@smartant/kernel';
import { columnErrors } from './column-rules';
import { check, isName, isTable, isText, NAME_EXPECTED, problem } from './database-checks';
import type { DatabaseScope } from './database-scope';
import { isCount, repeated } from './field-checks';

const MAX_ENTRIES = 1_000;
const MAX_JOBS = 64;
const MAX_CONDITION_BYTES = 8_192;

/** What is wrong in the scope of a database. What only a server can tell (names that are not there, conditions that do not parse), the precheck finds. */
export function databaseScopeErrors(scope: DatabaseScope): FieldError[] {
  const { includeSchemas, excludeSchemas, includeTables, excludeTables, mode, reverse } = scope;
  return [
    ...globErrors(includeSchemas, 'includeSchemas'),
    ...globErrors(excludeSchemas, 'excludeSchemas'),
    ...tableGlobErrors(includeTables, 'includeTables'),
    ...tableGlobErrors(excludeTables, 'excludeTables'),
    ...rowErrors(scope.rows),
    ...renameErrors(scope.renames),
    ...tablespaceErrors(scope.tablespaces ?? []),
    ...columnErrors(scope.columns ?? []),
    ...(['tableJobs', 'indexJobs'] as const).flatMap((field) => check(isCount(scope[field], MAX_JOBS), field, `expected 0 to ${MAX_JOBS}`)),
    ...check(isCount(scope.quarantineCap, 100_000), 'quarantineCap', 'expected 0 to 100000'),
    ...check(isCount(scope.maxRetainedWalBytes), 'maxRetainedWalBytes', 'expected 0 or more'),
    ...check(mode === 'live' || !reverse, 'reverse', 'must be false in mode "snapshot", which has no stream to turn round'),
  ];
}

function rowErrors(rows: DatabaseScope['rows']): FieldError[] {
  return [
    ...check(rows.length <= MAX_ENTRIES, 'rows', `expected at most ${MAX_ENTRIES} conditions`),
    ...rows.flatMap(({ table, where }, index) => [
      ...check(isTable(table), `rows.${index}.table`, 'expected a table as "schema.table"'),
      ...check(
        isText(where) && Buffer.byteLength(where) <= MAX_CONDITION_BYTES,
        `rows.${index}.where`,
        'expected a condition of at most 8 KiB',
      ),
    ]),
    ...repeated(rows.map(({ table }) => table)).map((index) => problem(`rows.${index}.table`, 'has a condition already')),
  ];
}

function renameErrors(renames: DatabaseScope['renames']): FieldError[] {
  return [
    ...check(renames.length <= MAX_ENTRIES, 'renames', `expected at most ${MAX_ENTRIES} names`),
    ...renames.flatMap(({ from, to }, index) => [
      ...check(isText(from), `renames.${index}.from`, 'expected "schema" or "schema.table"'),
      ...check(isName(to), `renames.${index}.to`, NAME_EXPECTED),
    ]),
    ...repeated(renames.map(({ from }) => from)).map((index) => problem(`renames.${index}.from`, 'has another name already')),
  ];
}

function tablespaceErrors(tablespaces: { from: string; to: string }[]): FieldError[] {
  return [
    ...check(tablespaces.length <= MAX_ENTRIES, 'tablespaces', `expected at most ${MAX_ENTRIES} tablespaces`),
    ...tablespaces.flatMap((mapping, index) =>
      (['from', 'to'] as const).flatMap((field) => check(isName(mapping[field]), `tablespaces.${index}.${field}`, NAME_EXPECTED)),
    ),
    ...repeated(tablespaces.map(({ from }) => from)).map((index) => problem(`tablespaces.${index}.from`, 'goes somewhere already')),
  ];
}

function globErrors(globs: string[], field: string): FieldError[] {
  return [
    ...check(globs.length <= MAX_ENTRIES, field, `expected at most ${MAX_ENTRIES} globs`),
    ...globs.flatMap((glob, index) => {
      const wrong = globProblem(glob);
      return wrong === undefined ? [] : [problem(`${field}.${index}`, wrong)];
    }),
  ];
}

function tableGlobErrors(globs: string[], field: string): FieldError[] {
  const unnamed = globs.flatMap((glob, index) =>
    check(isTable(glob), `${field}.${index}`, 'expected "schema.table"; "*.table" is any schema'),
  );
  return [...globErrors(globs, field), ...unnamed];
}

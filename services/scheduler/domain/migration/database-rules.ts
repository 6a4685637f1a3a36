import { globProblem, type FieldError } from '@smartant/kernel';
import type { DatabaseScope } from './database-scope';

const MAX_ENTRIES = 1_000;
const MAX_JOBS = 64;
const MAX_CONDITION_BYTES = 8_192;
/** https://www.postgresql.org/docs/18/sql-syntax-lexical.html: longer names would be cut, and mean another thing. */
const LONGEST_NAME_BYTES = 63;
const AT = 'spec.database';

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
      ...check(
        isText(to) && Buffer.byteLength(to) <= LONGEST_NAME_BYTES,
        `renames.${index}.to`,
        `expected a name of 1 to ${LONGEST_NAME_BYTES} bytes`,
      ),
    ]),
    ...repeated(renames.map(({ from }) => from)).map((index) => problem(`renames.${index}.from`, 'has another name already')),
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

function isTable(text: string): boolean {
  const at = text.indexOf('.');
  return isText(text) && at > 0 && at < text.length - 1;
}

function isText(text: string): boolean {
  return text.trim() !== '' && !text.includes('\0');
}

function isCount(value: number, atMost = Number.MAX_SAFE_INTEGER): boolean {
  return Number.isSafeInteger(value) && value >= 0 && value <= atMost;
}

/** Where a value stands that stood before. */
function repeated(values: string[]): number[] {
  return values.flatMap((value, index) => (values.indexOf(value) < index ? [index] : []));
}

function check(holds: boolean, field: string, message: string): FieldError[] {
  return holds ? [] : [problem(field, message)];
}

function problem(field: string, message: string): FieldError {
  return { field: `${AT}.${field}`, message };
}

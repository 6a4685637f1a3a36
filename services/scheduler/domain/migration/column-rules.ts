import type { FieldError } from '@smartant/kernel';
import { check, isName, isTable, NAME_EXPECTED } from './database-checks';
import type { ColumnChoice } from './database-scope';

const MAX_TABLES = 1_000;
/** https://www.postgresql.org/docs/18/limits.html */
const MAX_COLUMNS = 1_600;

/** What is wrong in what a scope says of columns, by the field's place in it. Which columns there are, the precheck sees. */
export function columnErrors(choices: ColumnChoice[]): FieldError[] {
  const tables = choices.map(({ table }) => table);
  return [
    ...check(choices.length <= MAX_TABLES, 'columns', `expected at most ${MAX_TABLES} tables`),
    ...choices.flatMap((choice, index) => [
      ...check(isTable(choice.table), `columns.${index}.table`, 'expected a table as "schema.table"'),
      ...check(tables.indexOf(choice.table) === index, `columns.${index}.table`, 'stands before already: say all of its columns together'),
      ...choiceErrors(choice, `columns.${index}`),
    ]),
  ];
}

function choiceErrors({ exclude, renames }: ColumnChoice, at: string): FieldError[] {
  const froms = renames.map(({ from }) => from);
  const tos = renames.map(({ to }) => to);
  return [
    ...check(exclude.length + renames.length > 0, at, 'expected a column to exclude or to rename'),
    ...check(exclude.length + renames.length <= MAX_COLUMNS, at, `expected at most ${MAX_COLUMNS} columns`),
    ...exclude.flatMap((name, index) => [
      ...check(isName(name), `${at}.exclude.${index}`, NAME_EXPECTED),
      ...check(exclude.indexOf(name) === index, `${at}.exclude.${index}`, 'is excluded already'),
    ]),
    ...renames.flatMap(({ from, to }, index) => [
      ...check(isName(from), `${at}.renames.${index}.from`, NAME_EXPECTED),
      ...check(isName(to), `${at}.renames.${index}.to`, NAME_EXPECTED),
      ...check(froms.indexOf(from) === index, `${at}.renames.${index}.from`, 'has another name already'),
      ...check(tos.indexOf(to) === index, `${at}.renames.${index}.to`, 'is the name of another column already'),
      ...check(!exclude.includes(from), `${at}.renames.${index}.from`, 'is excluded'),
    ]),
  ];
}

import type { DatabaseScope } from '../../../domain/database-scope';
import { keyOf, LONGEST_NAME_BYTES, type Column, type Table } from '../catalog/catalog';
import { withColumnChoices, type ColumnChoice } from '../catalog/column-choices';
import { nameOf } from '../catalog/target-name';
import type { PgRow, PgSession } from '../session/pg-session';
import { neededColumnFindings } from './needed-columns';
import type { PairFinding } from './pair-finding';

/** Columns that every table has. https://www.postgresql.org/docs/18/ddl-system-columns.html */
const SYSTEM = new Set(['tableoid', 'xmin', 'cmin', 'xmax', 'cmax', 'ctid']);

/**
 * What a scope says of columns, against the source: what is mistyped would go along without a word, and what something else is made of cannot be left
 * out. `tables`: all of the source, as they are; `scoped`: those that are migrated.
 */
export async function columnFindings(
  session: PgSession,
  tables: readonly Table[],
  scoped: readonly Table[],
  scope: DatabaseScope,
  signal: AbortSignal,
): Promise<PairFinding[]> {
  const choices = scope.columns;
  if (choices.length === 0) return [];
  const byName = new Map(tables.map((table) => [nameOf(table), table]));
  const known = choices.flatMap((choice) => {
    const table = byName.get(choice.table);
    return table ? [{ choice, table }] : [];
  });
  const unfit = await unfitFindings(session, known, tables, signal);
  const fit = known.filter(({ choice }) => !unfit.some(({ of }) => of === choice.table));
  const keys = new Set(fit.map(({ table }) => keyOf(table)));
  const chosen = withColumnChoices([...tables], choices).filter((table) => keys.has(keyOf(table.root ?? table)));
  return [
    ...unknownFindings(choices, byName),
    ...unfit.map(({ finding }) => finding),
    ...fit.flatMap(({ choice, table }) => nameFindings(choice, table)),
    ...(scope.reverse && scope.mode === 'live' ? await wayBackFindings(session, fit, signal) : []),
    ...(await neededColumnFindings(session, chosen, scoped, scope, signal)),
  ];
}

/** As options, those of tables that are there and not migrated: they say nothing, until somebody adds the table. */
export function unusedColumnChoices({ columns }: DatabaseScope, tables: readonly Table[], scoped: readonly Table[]): string[] {
  const [there, migrated] = [new Set(tables.map(nameOf)), new Set(scoped.map(nameOf))];
  return columns
    .filter(({ table }) => there.has(table) && !migrated.has(table))
    .flatMap(({ table, exclude, renames }) => [
      ...exclude.map((name) => `--exclude-column ${table}.${name}`),
      ...renames.map(({ from, to }) => `--rename-column ${table}.${from}=${to}`),
    ]);
}

function unknownFindings(choices: readonly ColumnChoice[], byName: ReadonlyMap<string, Table>): PairFinding[] {
  const unknown = choices.flatMap(({ table, exclude, renames }) => {
    const known = byName.get(table);
    if (!known) return [`the table ${table}`];
    const names = new Set(known.columns.map(({ name }) => name));
    return [...exclude, ...renames.map(({ from }) => from)].filter((name) => !names.has(name)).map((name) => `"${name}" of ${table}`);
  });
  if (unknown.length === 0) return [];
  return [
    blocker(
      'DATABASE_COLUMN_UNKNOWN',
      `The source does not have what the scope says of columns: ${unknown.join(', ')}.`,
      'Names are matched as they are written in the catalogue, in upper and lower case. A column that is mistyped would be migrated as it is: correct the name, or leave it away.',
    ),
  ];
}

interface Known {
  choice: ColumnChoice;
  table: Table;
}

async function unfitFindings(
  session: PgSession,
  known: readonly Known[],
  tables: readonly Table[],
  signal: AbortSignal,
): Promise<{ of: string; finding: PairFinding }[]> {
  const rows = await session.query(ROW_TYPES, [`{${known.map(({ table }) => table.oid).join(',')}}`], signal);
  return known.flatMap(({ choice, table }) => {
    const row = rows.find(({ oid }) => oid === table.oid);
    const heir = tables.find((each) => each.root === null && each.parents.some((parent) => nameOf(parent) === nameOf(table)));
    const why = whyUnfit(table, row, heir !== undefined);
    if (!why) return [];
    const message = `Columns of ${nameOf(table)} can be neither left out nor renamed, because ${why.because}.`;
    return [{ of: choice.table, finding: blocker('DATABASE_COLUMN_TABLE_UNFIT', message, why.hint) }];
  });
}

const AS_THEY_ARE = 'Take the columns along as they are, or leave the table out.';

function whyUnfit(table: Table, row: PgRow | undefined, hasHeir: boolean): { because: string; hint: string } | null {
  if (table.root) {
    const root = nameOf(table.root);
    return { because: `it is a partition of ${root}`, hint: `Say it of ${root}: partitions have the columns of their root.` };
  }
  if (table.kind === 'f') return { because: 'it is a foreign table, whose columns are those of another server', hint: AS_THEY_ARE };
  if (table.parents.length > 0 || hasHeir) {
    return {
      because: 'it inherits from other tables, or others from it',
      hint: 'Take the columns along as they are, or leave the tables out.',
    };
  }
  if (row?.['is_typed'] === 't') return { because: 'it is a table of a type', hint: AS_THEY_ARE };
  if (!row?.['used_by']) return null;
  return { because: `its rows are values of ${row['used_by']}`, hint: 'Take the columns along as they are, or leave that column out.' };
}

const ROW_TYPES = `SELECT c.oid, c.reloftype <> 0 AS is_typed, (SELECT a.attrelid::regclass || '.' || quote_ident(a.attname) FROM pg_attribute a JOIN pg_class o ON o.oid = a.attrelid
    JOIN pg_type t ON t.oid = a.atttypid WHERE c.reltype IN (t.oid, t.typelem) AND c.reltype <> 0 AND NOT a.attisdropped AND o.relkind IN ('r', 'p', 'c', 'm') LIMIT 1) AS used_by
  FROM pg_class c WHERE c.oid = ANY ($1::oid[])`;

function nameFindings({ exclude, renames }: ColumnChoice, table: Table): PairFinding[] {
  const froms = new Set(renames.map(({ from }) => from));
  const stay = new Set(table.columns.map(({ name }) => name).filter((name) => !froms.has(name) && !exclude.includes(name)));
  const problems = renames.flatMap(({ from, to }, index) => {
    const at = `"${from}" cannot be "${to}"`;
    if (Buffer.byteLength(to) > LONGEST_NAME_BYTES) return [`${at}, which has more than ${LONGEST_NAME_BYTES} bytes`];
    if (SYSTEM.has(to)) return [`${at}, which every table has`];
    if (stay.has(to)) return [`${at}, which the table has`];
    return renames.findIndex((other) => other.to === to) < index ? [`${at}, which is the name of another one`] : [];
  });
  if (problems.length === 0) return [];
  return [
    blocker(
      'DATABASE_COLUMN_NAME_TAKEN',
      `Columns of ${nameOf(table)} cannot have these names at the target: ${problems.join('; ')}.`,
      'Choose other names; or rename, or leave out, the column that has the name.',
    ),
  ];
}

/** What is written at the target comes back without the columns that it does not have. */
async function wayBackFindings(session: PgSession, known: readonly Known[], signal: AbortSignal): Promise<PairFinding[]> {
  const rows = await session.query(UNFILLED, [`{${known.map(({ table }) => table.oid).join(',')}}`], signal);
  return known.flatMap(({ choice, table }) => {
    const unfilled = new Set(rows.filter(({ oid }) => oid === table.oid).map((row) => row['name'] ?? ''));
    return wayBackOf(
      table,
      table.columns.filter(({ name }) => choice.exclude.includes(name)),
      unfilled,
    );
  });
}

/** Columns, or their domains, that take no NULL, and have nothing in its place. */
const UNFILLED = `SELECT a.attrelid AS oid, a.attname AS name FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid WHERE a.attrelid = ANY ($1::oid[]) AND a.attnum > 0 AND NOT a.attisdropped
  AND (a.attnotnull OR t.typnotnull) AND NOT a.atthasdef AND a.attidentity = '' AND t.typdefault IS NULL`;

function wayBackOf(table: Table, excluded: Column[], unfilled: ReadonlySet<string>): PairFinding[] {
  const needed = excluded.filter(({ name }) => unfilled.has(name));
  const findings: PairFinding[] = [];
  if (needed.length > 0) {
    findings.push(
      blocker(
        'DATABASE_COLUMN_WAY_BACK',
        `${names(needed)} of ${nameOf(table)} must have a value (NOT NULL) and has no default: rows that are added at the target after the cutover could not come back without it.`,
        'Give it a default at the source; or take it along; or do without the way back (--no-reverse).',
      ),
    );
  }
  if (excluded.length > 0 && table.primaryKey.length === 0 && table.replicaIdentity === 'f') {
    findings.push(
      blocker(
        'DATABASE_COLUMN_WAY_BACK',
        `Rows of ${nameOf(table)} are named by all of their columns, of which the target lacks ${names(excluded)}: a row that is changed there could be another one at the source.`,
        'Give the table a primary key, or name a unique index as its replica identity; or take the column along; or do without the way back (--no-reverse).',
      ),
    );
  }
  return findings;
}

function names(columns: readonly { name: string }[]): string {
  return columns.map(({ name }) => `"${name}"`).join(', ');
}

function blocker(code: string, message: string, hint: string): PairFinding {
  return { severity: 'blocker', code, subject: 'source', message, hint };
}

import { SmartantError } from '@smartant/kernel';
import type { TableName } from '../catalog/catalog';
import { nameOf } from '../catalog/target-name';
import type { PgSession } from '../session/pg-session';
import { columnStatements } from './change-columns';
import { renameStatement, type Renaming } from './restore-entry';
import { keyOf, tableOfKey, type SchemaScope } from './schema-scope';
import type { EntryRecord, SchemaRecord } from './schema-record';

interface RenameOptions {
  renaming: Renaming;
  scope: Pick<SchemaScope, 'tables'>;
  targetName: (name: TableName) => TableName;
  signal: AbortSignal;
}

/**
 * Gives the tables that we made their new names, and their columns what the scope says of them, all in one transaction, in which the copy of the schema
 * is also recorded as done. The server knows both by number: views, defaults, foreign keys and policies follow. Two that change names with
 * each other go by way of a third. Raises SCHEMA_COLUMN_IN_USE.
 */
export async function renameRestoredTables(
  session: PgSession,
  record: SchemaRecord,
  options: RenameOptions,
  entries: readonly EntryRecord[],
): Promise<void> {
  const { signal, renaming } = options;
  const { schemas, tables } = renaming;
  const entriesMade = entries.filter(({ kind, state }) => kind === 'TABLE' && state === 'done');
  const made = new Set(entriesMade.map(({ schema, tag }) => keyOf({ schema: schemas.get(schema) ?? schema, table: tag })));
  const renames = [...tables].flatMap(([key, to]) => {
    return made.has(key) ? [{ from: tableOfKey(key), to }] : [];
  });
  const froms = new Set(renames.map(({ from }) => keyOf(from)));
  const crossing = new Set(renames.filter(({ to }) => froms.has(keyOf(to))).map(({ from }) => keyOf(from)));
  const between = (index: number) => `smartant_rename_${index}`;
  await session.transaction(async () => {
    for (const [index, { from, to }] of renames.entries()) {
      await session.query(renameStatement(from, crossing.has(keyOf(from)) ? between(index) : to.table), undefined, signal);
    }
    for (const [index, { from, to }] of renames.entries()) {
      if (crossing.has(keyOf(from)))
        await session.query(renameStatement({ schema: to.schema, table: between(index) }, to.table), undefined, signal);
    }
    await changeColumns(session, options, new Set(entriesMade.map(({ schema, tag }) => keyOf({ schema, table: tag }))));
    await record.setStep(session, 'restored');
  });
}

/** Of partitions, the root's are changed. */
async function changeColumns(session: PgSession, { scope, targetName, signal }: RenameOptions, made: ReadonlySet<string>): Promise<void> {
  for (const table of scope.tables) {
    if (table.root !== null || !made.has(keyOf(table))) continue;
    try {
      for (const statement of columnStatements(table, targetName(table))) await session.query(statement, undefined, signal);
    } catch (error) {
      if (!(error instanceof SmartantError) || error.details['sqlState'] !== IN_USE) throw error;
      throw new SmartantError('SCHEMA_COLUMN_IN_USE', `A column of ${nameOf(table)} cannot be left out at the target: ${error.message}`, {
        kind: 'precondition',
        hint: 'Something that is migrated is made of it. Look at the findings of the precheck: leave that out too, or take the column along.',
        cause: error,
      });
    }
  }
}

const IN_USE = '2BP01';

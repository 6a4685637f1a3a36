import type { PgSession } from '../session/pg-session';
import { renameStatement, type Renaming } from './restore-entry';
import { keyOf, tableOfKey } from './schema-scope';
import type { EntryRecord, SchemaRecord } from './schema-record';

/**
 * Gives the tables that we made their new names, all in one transaction, in which the copy of the schema is also recorded as done. The server
 * knows tables by number: views, defaults, foreign keys and policies follow. Two that change names with each other go by way of a third.
 */
export async function renameRestoredTables(
  session: PgSession,
  record: SchemaRecord,
  { schemas, tables }: Renaming,
  entries: readonly EntryRecord[],
  signal: AbortSignal,
): Promise<void> {
  const made = new Set(
    entries
      .filter(({ kind, state }) => kind === 'TABLE' && state === 'done')
      .map(({ schema, tag }) => keyOf({ schema: schemas.get(schema) ?? schema, table: tag })),
  );
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
    await record.setStep(session, 'restored');
  });
}

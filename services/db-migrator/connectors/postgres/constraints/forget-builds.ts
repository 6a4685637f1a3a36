import { SmartantError } from '@smartant/kernel';
import type { TableName } from '../catalog/catalog';
import { nameOf } from '../catalog/target-name';
import { renameSchemas, renameTables } from '../schema/rename-in-statement';
import type { EntryRecord } from '../schema/schema-record';
import { WHILE_COPYING, type Build } from './restore-constraints';

/** Something needs it. */
const IN_USE = '2BP01';

/**
 * Takes away the indexes and keys that were built behind an earlier copy of tables that are now copied anew: into a table without them, rows go
 * several times as fast. What something else was made upon stays, and the copy keeps it up. `tables`: by their names at the source.
 */
export async function forgetBuilds(build: Build, tables: readonly TableName[]): Promise<void> {
  if (tables.length === 0) return;
  const { record, session, options } = build;
  await record.forgetAnalyzed(session, tables, options.signal);
  const anew = new Set(tables.map(nameOf));
  const needed = new Set(build.entries.filter(({ state }) => state === 'done').flatMap(({ dependsOn }) => dependsOn));
  const built = build.entries.filter(
    ({ id, state, note, table }) => state === 'done' && note === WHILE_COPYING && table && anew.has(nameOf(table)) && !needed.has(id),
  );
  for await (const entry of record.withStatements(session, built)) await forgetOne(build, entry);
}

async function forgetOne({ record, session, renaming, options }: Build, entry: EntryRecord): Promise<void> {
  const { dropStatement } = await record.statements(session, entry.id);
  const sql = renameTables(renameSchemas(entry, dropStatement, renaming.schemas).sql, renaming.tables);
  try {
    await session.query(`${record.marking(entry.id, { state: 'pending' }, { state: 'done' })};\n${sql}`, undefined, options.signal);
    entry.state = 'pending';
  } catch (error) {
    if (!(error instanceof SmartantError) || error.details['sqlState'] !== IN_USE) throw error;
  }
}

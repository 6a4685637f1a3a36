import { describeEntry } from '../schema/entry-statement';
import { renameSchemas } from '../schema/rename-in-statement';
import { holdSchema, type SchemaHolder } from '../schema/hold-schema';
import { renamingOf, type CopySchemaOptions } from '../schema/copy-schema';
import type { EntryRecord } from '../schema/schema-record';
import type { Build } from './restore-constraints';

const isRefresh = ({ kind, state }: EntryRecord) => kind === 'MATERIALIZED VIEW DATA' && state !== 'left out';

/** Fills materialized views, each after those that it reads: pg_dump has them in that order. */
export async function refreshViews(build: Build): Promise<void> {
  const entries = build.entries.filter(isRefresh);
  for (const [index, entry] of entries.entries()) {
    if (entry.state === 'pending') await build.restore(build.session, entry);
    build.options.onProgress({ step: 'views', done: index + 1, total: entries.length, object: describeEntry(entry) });
  }
}

/**
 * Fills the materialized views of a migration anew, in their order, for rows that came after `restoreConstraints`: at the cutover, before the
 * target is opened. Can be repeated. Resolves with their number.
 */
export async function refreshViewsAgain(options: SchemaHolder & Pick<CopySchemaOptions, 'scope' | 'targetName'>): Promise<number> {
  const { schemas } = renamingOf(options);
  return holdSchema(options, async ({ session, record }) => {
    const entries = (await record.entries(session, 'post', options.signal)).filter((entry) => isRefresh(entry) && entry.state === 'done');
    for (const entry of entries) {
      const { statement } = await record.statements(session, entry.id);
      await session.query(renameSchemas(entry, statement, schemas).sql, undefined, options.signal);
    }
    return entries.length;
  });
}

import { holdSchema } from '../schema/hold-schema';
import { addForeignKeys, FOREIGN_KEY, validateConstraints } from './foreign-keys';
import type { EntryRecord } from '../schema/schema-record';
import { prepareBuild, withWorkers, type RestoreConstraintsOptions } from './restore-constraints';

/**
 * Validates the foreign keys that rows of tables copied under different snapshots broke when `restoreConstraints` looked: once the changes between
 * those snapshots are applied, they hold. Adds those that waited for rows. To be called when the target is as the source was at one moment. One that is still broken stays as it
 * is, with a finding. Can be repeated; changes that come later are those of a source that checks them.
 */
export async function validateAgain(options: RestoreConstraintsOptions): Promise<void> {
  await holdSchema(options, async ({ session, record }) => {
    const build = await prepareBuild(options, session, record, []);
    const isLeft = ({ kind, state, isChecked }: EntryRecord) =>
      state === 'done' ? !isChecked : kind === FOREIGN_KEY && state === 'pending';
    if (!build.entries.some(isLeft)) return;
    await addForeignKeys(build);
    await withWorkers(options, session, {}, async (workers) => validateConstraints({ ...build, workers }));
  });
}

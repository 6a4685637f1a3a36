import { holdSchema } from '../schema/hold-schema';
import { validateConstraints } from './foreign-keys';
import { prepareBuild, withWorkers, type RestoreConstraintsOptions } from './restore-constraints';

/**
 * Validates the foreign keys that rows of tables copied under different snapshots broke when `restoreConstraints` looked: once the changes between
 * those snapshots are applied, they hold. To be called when the target is as the source was at one moment. One that is still broken stays as it
 * is, with a finding. Can be repeated; changes that come later are those of a source that checks them.
 */
export async function validateAgain(options: RestoreConstraintsOptions): Promise<void> {
  await holdSchema(options, async ({ session, record }) => {
    const build = await prepareBuild(options, session, record, []);
    if (build.entries.every(({ isChecked, state }) => isChecked || state !== 'done')) return;
    await withWorkers(options, session, {}, async (workers) => validateConstraints({ ...build, workers }));
  });
}

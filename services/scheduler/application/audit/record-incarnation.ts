import type { UnitOfWork } from '../ports/unit-of-work';
import { doneFact } from './facts';

/**
 * Says in the trail that the database has another history now: it was restored from a backup, or failed over. What was done between is no
 * longer in it; whoever kept a checkpoint from that time sees it.
 */
export async function recordIncarnation(unitOfWork: UnitOfWork, incarnation: string, migrations: number): Promise<void> {
  const target = { kind: 'platform', id: incarnation, name: null };
  const fact = doneFact('platform.other-incarnation', null, target, { after: { revalidatedMigrations: migrations } });
  await unitOfWork.direct.audit.append({ userId: 'system' }, fact);
}

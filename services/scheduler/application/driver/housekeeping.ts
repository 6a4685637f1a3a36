import { DRAFTS_KEPT_DAYS } from '../../domain/migration/draft';
import type { UnitOfWork } from '../ports/unit-of-work';

const REQUESTS_KEPT_DAYS = 7;

/** Forgets what has outlived its use: probes of callers that died, old request ids, and drafts that nobody went on with. Any replica, any time. */
export async function keepHouse(unitOfWork: UnitOfWork): Promise<void> {
  await unitOfWork.direct.probes.removeExpired();
  await unitOfWork.direct.requests.removeOlderThan(REQUESTS_KEPT_DAYS);
  await unitOfWork.direct.drafts.removeOlderThan(DRAFTS_KEPT_DAYS);
}

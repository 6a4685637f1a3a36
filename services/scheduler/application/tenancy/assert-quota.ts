import { SmartantError } from '@smartant/kernel';
import type { CountedQuota } from '../../domain/tenancy/quotas';
import type { Stores } from '../ports/unit-of-work';

/**
 * Whether the workspace may have one more of these. Call it in the transaction that makes it, before it is made: the quota stays locked
 * until then, so that of two for the last place one is refused. Raises QUOTA_EXCEEDED.
 */
export async function assertQuota(stores: Stores, workspaceId: string, quota: CountedQuota): Promise<void> {
  const limit = (await stores.quotas.lock(workspaceId))[quota];
  if (limit === 0) return;
  const used = (await stores.quotas.use(workspaceId))[quota];
  if (used >= limit) throw quotaExceeded(quota, limit, `${used} of ${limit} ${WORDS[quota]} are in use`, String(used));
}

const WORDS: Record<CountedQuota, string> = { migrations: 'migrations that are not at rest', endpoints: 'saved endpoints' };

/** `used` is what is in use, or was asked for in place of it. */
export function quotaExceeded(quota: string, limit: number, what: string, used: string): SmartantError {
  return new SmartantError('QUOTA_EXCEEDED', `The workspace's quota "${quota}" is reached: ${what}.`, {
    kind: 'precondition',
    hint: 'Ask an administrator of the platform for a higher quota, or free some of it.',
    details: { quota, limit: String(limit), used },
  });
}

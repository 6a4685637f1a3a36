import { setTimeout as delay } from 'node:timers/promises';
import type { RpcPolicyEntry } from '@smartant/contracts';
import { toSmartantError, type SmartantError } from '@smartant/kernel';

const MAX_ATTEMPTS = 5;
const FIRST_DELAY_MS = 100;
const MAX_DELAY_MS = 2_000;

/**
 * Calls `attempt` until it succeeds, up to five times, where the policy says that the client owns the retries of this RPC and that
 * repeating it is harmless. Only a service that cannot be reached (UNAVAILABLE) or did not answer (DEADLINE_EXCEEDED) is asked again, with
 * exponential backoff and full jitter, or after the delay that it named; also one that asks for a pause (RESOURCE_EXHAUSTED with RetryInfo). All attempts and pauses together take at most twice the
 * RPC's deadline, plus the attempt that is running then.
 */
export async function retryCall<T>(policy: RpcPolicyEntry, signal: AbortSignal | undefined, attempt: () => Promise<T>): Promise<T> {
  const giveUpMs = performance.now() + 2 * policy.deadlineMs;
  for (let attempts = 1; ; attempts += 1) {
    try {
      return await attempt();
    } catch (error) {
      const failure = toSmartantError(error);
      const pauseMs = pauseBeforeRetry(policy, failure, attempts);
      if (pauseMs === undefined || signal?.aborted || performance.now() + pauseMs > giveUpMs) throw failure;
      await delay(pauseMs, undefined, { signal }).catch(() => {
        throw failure;
      });
    }
  }
}

function pauseBeforeRetry(policy: RpcPolicyEntry, failure: SmartantError, attempts: number): number | undefined {
  if (!policy.idempotent || policy.retryOwner !== 'client' || attempts >= MAX_ATTEMPTS) return undefined;
  if (failure.kind === 'too-many') return failure.retry.kind === 'after' ? failure.retry.delayMs : undefined;
  if (failure.kind !== 'unavailable' && failure.kind !== 'timeout') return undefined;
  if (failure.retry.kind === 'never') return undefined;
  if (failure.retry.kind === 'after') return failure.retry.delayMs;
  return Math.random() * Math.min(MAX_DELAY_MS, FIRST_DELAY_MS * 3 ** attempts);
}

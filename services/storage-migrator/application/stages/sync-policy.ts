import type { KeyRange } from '@smartant/connectors';
import type { FailureState } from '@smartant/runs';
import { KeyFilter } from '../../domain/key-filter';
import type { SyncPolicy } from '../../domain/plan-sync';
import type { RunContext } from '../runs/run-context';
import type { StageTools } from './stage';

/** The longest key of S3, in bytes; file roots are no targets. */
const MAX_KEY_BYTES = 1_024;

export interface ShardPolicy extends SyncPolicy {
  /** Failures in the range that are not resolved, by key. Bounded by the quarantine cap and what was waived. */
  failures: Map<string, FailureState>;
  /** Of these, folders that could not be read. */
  unreadable: Map<string, FailureState>;
}

/** The rules for one range, with what is on record about keys in it. */
export async function policyFor(range: KeyRange, context: RunContext, tools: StageTools): Promise<ShardPolicy> {
  const { run } = context;
  const [failures, unreadable, different] = await Promise.all([
    tools.stores.failures.unresolvedIn(tools.unitOfWork, run.migrationId, range),
    tools.stores.failures.unreadableIn(tools.unitOfWork, run.migrationId, range),
    tools.stores.proof.differentKeys(tools.unitOfWork, run.migrationId, range),
  ]);
  const prefix = run.target.location.kind === 's3' ? run.target.location.prefix : '';
  return {
    filter: new KeyFilter(run.scope),
    plan: context.plan,
    extras: run.scope.deletePolicy === 'keep' ? 'keep' : run.phase === 'full' ? 'ignore' : 'propagate',
    isWaived: (key) => failures.get(key) === 'waived',
    isForced: (key) => different.has(key),
    maxKeyBytes: MAX_KEY_BYTES - Buffer.byteLength(prefix),
    failures,
    unreadable,
  };
}

/** Never deleted: a unit that failed, or that was waived, is the operator's to decide; of a folder that includes what is below it. */
export function isHeldBack(key: string, policy: ShardPolicy): boolean {
  const states = [policy.failures.get(key), ...[...policy.unreadable].flatMap(([folder, state]) => (key.startsWith(folder) ? state : []))];
  return states.some((state) => state === 'open' || state === 'waived');
}

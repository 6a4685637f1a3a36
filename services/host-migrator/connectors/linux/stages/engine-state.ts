import { SmartantError } from '@smartant/kernel';
import type { HostJob } from '../../../application/ports/host-engine';
import type { HostInventory } from '../../../domain/inventory';
import type { HostLayout } from '../../../domain/layout';
import type { BootProof } from '../../../domain/boot-proof';

/** What the engine keeps of a migration. No secret is in it. */
export interface EngineState {
  /** Read when the migration was prepared. */
  inventory?: HostInventory;
  /** Of the target's disks; absent where somebody else has mounted them. */
  layout?: HostLayout;
  /** What the converted target shows of itself ("SHA256:…"); absent while it is what was synced. */
  hostKeys?: string[] | null;
  /** Units that were running and have been stopped at the source, in the order in which they were. */
  stopped?: string[];
  /** RFC 3339. */
  frozenAt?: string | null;
  /** The target has passed its probes: the source is not given back by itself any more. */
  opened?: boolean;
  /** What proved it: a cutover that is begun anew after that tells it again, and starts nothing once more. */
  proof?: { openedAt: string; boot?: BootProof } | null;
  /** Own disks: the target was told to start from them, so its rescue system is gone. */
  restarted?: boolean;
  /** Own disks, by blocks: what was synced has been changed to make it start, at least in part. */
  converting?: boolean;
  /** The source was told to cut itself off, or to switch itself off. */
  settling?: boolean;
  /** The image, or the target's directory, that this migration has taken for itself. */
  taken?: string;
}

export async function loadState(job: Pick<HostJob, 'state'>): Promise<EngineState> {
  return ((await job.state.load())['host'] ?? {}) as EngineState;
}

export async function saveState(job: Pick<HostJob, 'state'>, change: EngineState): Promise<void> {
  await job.state.save({ host: { ...(await loadState(job)), ...change } });
}

/** Of a migration that has been prepared. */
export async function preparedState(job: Pick<HostJob, 'state'>): Promise<EngineState & { inventory: HostInventory }> {
  const state = await loadState(job);
  if (state.inventory) return { ...state, inventory: state.inventory };
  throw new SmartantError('HOST_NOT_PREPARED', 'The migration has no inventory of its source.', {
    kind: 'precondition',
    actor: 'bug',
    hint: 'Retry the migration from its preparation; if it happens again, report it with the trace id.',
  });
}

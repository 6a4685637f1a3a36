import type { HostJob } from '../../../application/ports/host-engine';
import type { HostInventory } from '../../../domain/inventory';
import { readInventory } from '../inventory/read-inventory';
import { readRescueFiles } from '../rescue/rescue-files';
import { takeOver } from '../rescue/take-over';
import { openHostSession } from '../session/host-session';
import type { EngineSettings } from './engine-settings';

/** A machine that was taken over returns to its own system when nobody comes for so long. */
const RETURN_AFTER_SECONDS = 1_800;

/** Puts our rescue system in the place of the target's own; done already where that runs. */
export async function takeTargetOver(job: HostJob, settings: EngineSettings, signal: AbortSignal): Promise<void> {
  const tools = { guard: settings.guard, transcript: job.transcript, host: 'target' as const };
  const open = (endpoint: HostJob['target'], within: AbortSignal) => openHostSession(endpoint, tools, within);
  const own = await open(job.target, signal);
  let inventory: HostInventory;
  try {
    inventory = (await readInventory(own, signal)).inventory;
  } finally {
    own.close();
  }
  const files = await readRescueFiles(settings.rescueFolder);
  await takeOver(
    { endpoint: job.target, inventory, files, returnAfterSeconds: RETURN_AFTER_SECONDS, timeoutMs: settings.startMs },
    open,
    signal,
  );
}

import { SmartantError } from '@smartant/kernel';
import type { HostJob, StageResult } from '../../../application/ports/host-engine';
import type { HostInventory } from '../../../domain/inventory';
import type { HostLayout } from '../../../domain/layout';
import { readInventory } from '../inventory/read-inventory';
import { listTargetDisks } from '../layout/target-disks';
import { estimateChunks } from '../precheck/block-findings';
import { createImage, exists } from '../rescue/disk-image';
import { chooseLayout, disksToUse } from './choose-layout';
import type { EngineSettings } from './engine-settings';
import { loadState, saveState } from './engine-state';
import { migratedFileSystems } from './migrated-files';
import { atSource } from './source-host';
import { takeTargetOver } from './take-target-over';
import { takeDirectory } from './target-directory';
import { imageOf, inRescue, isImage } from './target-system';

/** Reads the source, makes the target ready to be written to, and settles what its disks shall look like. Nothing is destroyed yet. */
export async function prepare(job: HostJob, settings: EngineSettings, signal: AbortSignal): Promise<StageResult> {
  const { inventory } = await atSource(job, settings, (session) => readInventory(session, signal), signal);
  await saveState(job, { inventory });
  const { layout, notes } = await settleLayout(job, settings, inventory, signal);
  const carried = new Set(migratedFileSystems(inventory, layout, job.scope).map(({ mount }) => mount));
  const fileSystems = inventory.fileSystems.filter(({ mount }) => carried.has(mount));
  const files = fileSystems.reduce((sum, each) => sum + each.files, 0);
  const bytes = fileSystems.reduce((sum, { usedBytes }) => sum + usedBytes, 0);
  return {
    findings: notes.map((message) => ({ severity: 'note', code: 'HOST_LAYOUT', message, hint: '', subject: 'target' })),
    estimate: job.scope.engine === 'blocks' ? estimateChunks(inventory, job.scope) : { files, bytes },
  };
}

async function settleLayout(
  job: HostJob,
  settings: EngineSettings,
  inventory: HostInventory,
  signal: AbortSignal,
): Promise<{ layout: HostLayout | null; notes: string[] }> {
  const { scope, target } = job;
  const kept = (await loadState(job)).layout;
  if (scope.targetDirectory !== '') {
    await inRescue(job, settings, {}, (session) => takeDirectory(session, job, signal), signal);
    return { layout: null, notes: [] };
  }
  // What was settled before stays: the disks may look like it already.
  const settled = kept ?? scope.layout;
  if (isImage(target)) {
    const { layout, notes } = chooseLayout(settled, inventory, 'image', scope);
    const sizeBytes = layout.disks[0]?.sizeBytes ?? 0;
    await takeImage(job, imageOf(target.location).path);
    await createImage({ ...imageOf(target.location), sizeBytes }, await settings.qemu(), signal);
    await saveState(job, { layout });
    return { layout, notes };
  }
  if (scope.takeOverTarget) await takeTargetOver(job, settings, signal);
  const disks = await inRescue(job, settings, {}, (session) => listTargetDisks(session, signal), signal);
  const { layout, notes } = chooseLayout(settled, inventory, disksToUse(disks, scope), scope);
  await saveState(job, { layout });
  return { layout, notes };
}

/** An image that is there already is somebody's, unless this migration has made it. */
async function takeImage(job: HostJob, path: string): Promise<void> {
  if ((await loadState(job)).taken === path) return;
  if (await exists(path)) {
    throw new SmartantError('HOST_IMAGE_EXISTS', `${path} is there already.`, {
      kind: 'precondition',
      hint: 'Name another image, or remove this one.',
    });
  }
  await saveState(job, { taken: path });
}

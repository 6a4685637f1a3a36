import type { HostJob } from '../../../application/ports/host-engine';
import type { HostInventory } from '../../../domain/inventory';
import type { HostLayout } from '../../../domain/layout';
import { growFileSystems } from '../blocks/grow-filesystems';
import { readyCopy } from '../blocks/ready-copy';
import { noteFlags } from '../files/carry-flags';
import { under } from '../files/files-options';
import { activateLayout } from '../layout/mount-layout';
import type { HostSession } from '../session/host-session';
import { blockVolumes } from './block-volumes';
import { loadState, saveState } from './engine-state';

/**
 * Makes of volumes that came by their blocks, and are mounted now, what a copy by files would be before it is made to start: as large as the
 * target has room for, without folders of ours, and with flags that are to be taken away before anything can be changed.
 */
export async function readyBlocks(
  job: HostJob,
  { inventory, layout }: { inventory: HostInventory; layout: HostLayout },
  { session, root, isClone }: { session: HostSession; root: string; isClone: boolean },
  signal: AbortSignal,
): Promise<void> {
  const { converting = false } = await loadState(job);
  const volumes = blockVolumes(inventory, layout, await activateLayout(session, layout, signal));
  const mounted = volumes.map(({ type, mount, targetDevice: device }) => ({ type, device, point: under(root, mount) }));
  await growFileSystems(job, session, mounted, signal);
  await readyCopy(session, root, { changed: converting && !isClone }, signal);
  await noteFlags(job);
  await saveState(job, { converting: true });
}

import { SmartantError } from '@smartant/kernel';
import type { HostInventory } from '../../../domain/inventory';
import type { HostLayout } from '../../../domain/layout';
import { collectParts } from '../../../domain/layout-parts';
import type { BlockVolume } from '../blocks/block-volume';
import { tooSmall } from '../blocks/open-volume';
import { layoutVolumes, type LayoutVolume } from '../layout/layout-volumes';

interface Carried {
  volume: LayoutVolume;
  /** Where the source has mounted it; of several places the first. */
  mount: string;
  type: string;
  uuid: string;
}

/** Filesystems of the layout that the source has; others (a new EFI partition) are made. */
function carried({ fileSystems }: Pick<HostInventory, 'fileSystems'>, layout: HostLayout, devices: ReadonlyMap<string, string>): Carried[] {
  return layoutVolumes(layout, devices).flatMap((volume) => {
    if (volume.content.kind !== 'filesystem') return [];
    const { mounts } = volume.content;
    const found = fileSystems.find(({ mount }) => mounts.some((one) => one.mount === mount));
    return found ? [{ volume, mount: found.mount, type: found.type, uuid: found.uuid }] : [];
  });
}

/** `devices`: of each disk of the layout. */
export function blockVolumes(
  inventory: Pick<HostInventory, 'fileSystems'>,
  layout: HostLayout,
  devices: ReadonlyMap<string, string>,
): BlockVolume[] {
  return carried(inventory, layout, devices).map(({ volume, mount, type, uuid }) => ({ mount, type, uuid, targetDevice: volume.device }));
}

/** Mount points of what comes by blocks. */
export function mountsByBlocks(inventory: Pick<HostInventory, 'fileSystems'>, layout: HostLayout): Set<string> {
  return new Set(
    carried(inventory, layout, new Map()).flatMap(({ volume: { content } }) =>
      content.kind === 'filesystem' ? content.mounts.map(({ mount }) => mount) : [],
    ),
  );
}

/** That what comes by blocks is what the layout says, and has room. Raises HOST_VOLUME_TOO_SMALL and HOST_BLOCKS_UNFIT. */
export function assertTakesBlocks(layout: HostLayout, inventory: HostInventory): void {
  const { parts } = collectParts(inventory, []);
  for (const { volume, mount, type } of carried(inventory, layout, new Map())) {
    const part = parts.find(({ content }) => content.kind === 'filesystem' && content.mounts.some((one) => one.mount === mount));
    const neededBytes = part?.sizeBytes ?? 0;
    if (volume.sizeBytes < neededBytes) throw tooSmall(mount, neededBytes, volume.sizeBytes);
    const planned = volume.content.kind === 'filesystem' ? volume.content.type : '';
    if (planned !== type) {
      throw unfit(
        `The layout makes ${mount} ${planned}; by its blocks it stays ${type}.`,
        `Give it the type "${type}" in the layout, or use the engine "files".`,
      );
    }
  }
}

/** A volume that cannot be carried by its blocks. */
export function unfit(message: string, hint: string): SmartantError {
  return new SmartantError('HOST_BLOCKS_UNFIT', message, { kind: 'precondition', hint });
}

import type { HostScope } from '../../../domain/host-scope';
import type { HostInventory } from '../../../domain/inventory';
import type { HostLayout } from '../../../domain/layout';
import { proposeLayout, type ProposedLayout, type TargetDisk } from '../../../domain/propose-layout';
import type { FoundDisk } from '../layout/target-disks';
import { assertTakesBlocks } from './block-volumes';
import { assertPlaced } from './migrated-files';

/** Those that may be destroyed; all that can be written, where nobody has confirmed one yet: the layout is shown before anything is written. */
export function disksToUse(found: readonly FoundDisk[], { confirmedDisks }: Pick<HostScope, 'confirmedDisks'>): TargetDisk[] {
  const disks = found
    .filter(({ readOnly }) => !readOnly)
    .map(({ serial, path, sizeBytes }) => ({ disk: serial === '' ? path : serial, sizeBytes }));
  const confirmed = disks.filter(({ disk }) => confirmedDisks.includes(disk));
  return confirmed.length > 0 ? confirmed : disks;
}

/** The layout that is settled already, else what the target's disks allow. Raises what `proposeLayout`, `assertPlaced` and `assertTakesBlocks` do. */
export function chooseLayout(
  settled: HostLayout | null,
  inventory: HostInventory,
  target: readonly TargetDisk[] | 'image',
  scope: HostScope,
): ProposedLayout {
  const whole = scope.engine === 'blocks';
  const wishes = { boot: null, excludeMounts: scope.excludeMounts, sizes: scope.sizes, imageBytes: scope.imageBytes, whole };
  const chosen = settled ? { layout: settled, notes: [] } : proposeLayout(inventory, target, wishes);
  assertPlaced(chosen.layout, inventory, scope);
  if (whole) assertTakesBlocks(chosen.layout, inventory);
  return chosen;
}

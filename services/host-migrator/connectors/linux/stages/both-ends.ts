import type { HostJob } from '../../../application/ports/host-engine';
import type { HostInventory } from '../../../domain/inventory';
import type { HostLayout } from '../../../domain/layout';
import type { FilesOptions } from '../files/files-options';
import type { DiskImage } from '../rescue/disk-image';
import type { EngineSettings } from './engine-settings';
import { leftOutFiles, migratedFileSystems } from './migrated-files';
import { atSource } from './source-host';
import { atTarget } from './target-system';

/** What was prepared. `disk`: a clone of the target's image that is worked at instead of it. */
export interface PreparedEnds {
  inventory: HostInventory;
  /** Absent: somebody else has mounted the target's disks. */
  layout?: HostLayout;
  disk?: DiskImage;
}

/** Works at source and target at once, with the target's filesystems mounted: what is carried from where to where is told to `work`. */
export function atBothEnds<T>(
  job: HostJob,
  settings: EngineSettings,
  { inventory, layout, disk }: PreparedEnds,
  work: (files: FilesOptions) => Promise<T>,
  signal: AbortSignal,
): Promise<T> {
  const fileSystems = migratedFileSystems(inventory, layout ?? null, job.scope);
  const whole = { sourceRoot: '/', fileSystems, exclude: leftOutFiles(inventory) };
  return atSource(
    job,
    settings,
    (source) =>
      atTarget(
        job,
        settings,
        { layout: layout ?? null, ...(disk && { disk }) },
        ({ session: target, root: targetRoot }) => work({ ...whole, source, target, targetRoot }),
        signal,
      ),
    signal,
  );
}

import type { HostJob } from '../../../application/ports/host-engine';
import type { HostSession } from '../session/host-session';

export interface MountedVolume {
  type: string;
  device: string;
  /** Where it is mounted at the target. */
  point: string;
}

/** By type, while it is mounted; each does nothing where there is no more room. vfat cannot grow. */
const GROW: Record<string, (volume: MountedVolume) => string[]> = {
  ext2: ({ device }) => ['resize2fs', device],
  ext3: ({ device }) => ['resize2fs', device],
  ext4: ({ device }) => ['resize2fs', device],
  xfs: ({ point }) => ['xfs_growfs', point],
  btrfs: ({ point }) => ['btrfs', 'filesystem', 'resize', 'max', point],
};
const GROW_MS = 10 * 60_000;

/**
 * Lets filesystems that came with their blocks fill the volumes that they stand on. One that does not grow is as whole as it was at the
 * source: that is told, and hinders nothing.
 */
export async function growFileSystems(
  job: Pick<HostJob, 'warn'>,
  session: HostSession,
  volumes: readonly MountedVolume[],
  signal: AbortSignal,
): Promise<void> {
  for (const volume of volumes) {
    const command = GROW[volume.type]?.(volume);
    if (!command) continue;
    try {
      await session.run(command, { signal, timeoutMs: GROW_MS });
    } catch (error) {
      signal.throwIfAborted();
      job.warn('A filesystem of the target keeps the size that it had at the source.', { device: volume.device }, error);
    }
  }
}

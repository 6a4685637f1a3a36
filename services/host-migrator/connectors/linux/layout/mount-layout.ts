import type { HostLayout } from '../../../domain/layout';
import type { HostSession } from '../session/host-session';
import { layoutMounts, layoutVolumes } from './layout-volumes';
import { listTargetDisks, resolveDisks } from './target-disks';

/** Where the target's filesystems are mounted in the rescue system. */
export const TARGET_ROOT = '/mnt/target';

/** Mounts a layout that stands on the disks; what is mounted already stays. Resolves with the path of its root. */
export async function mountLayout(session: HostSession, layout: HostLayout, signal: AbortSignal): Promise<string> {
  const devices = await activateLayout(session, layout, signal);
  const mounted = await mountPoints(session, signal);
  for (const { device, type, mount, subvolume } of layoutMounts(layoutVolumes(layout, devices))) {
    const point = mount === '/' ? TARGET_ROOT : `${TARGET_ROOT}${mount}`;
    if (mounted.has(point)) continue;
    const options = ['noatime', ...(type === 'btrfs' ? [`subvol=${subvolume || '/'}`] : [])];
    await session.run(['mkdir', '-p', point], { signal });
    await session.run(['mount', '-t', type, '-o', options.join(','), device, point], { signal });
  }
  return TARGET_ROOT;
}

/** Shows the volumes of a layout that stands on the disks. Resolves with the device of each disk. */
export async function activateLayout(session: HostSession, layout: HostLayout, signal: AbortSignal): Promise<Map<string, string>> {
  // Nothing is destroyed by that.
  const all = layout.disks.map(({ disk }) => disk);
  const devices = resolveDisks(layout, await listTargetDisks(session, signal), all);
  for (const { name } of layout.volumeGroups) {
    await session.run(['vgchange', '--activate', 'y', name], { signal });
    await session.run(['vgmknodes', name], { signal, okCodes: [0, 5] });
  }
  return devices;
}

/** Unmounts everything of a target and lets go of its volume groups, so that disks are whole and free. */
export async function unmountLayout(session: HostSession, layout: HostLayout, signal: AbortSignal): Promise<void> {
  if ((await mountPoints(session, signal)).has(TARGET_ROOT)) {
    await session.run(['sync'], { signal });
    await session.run(['umount', '--recursive', TARGET_ROOT], { signal });
  }
  for (const { name } of layout.volumeGroups) await session.run(['vgchange', '--activate', 'n', name], { signal, okCodes: [0, 5] });
}

async function mountPoints(session: HostSession, signal: AbortSignal): Promise<Set<string>> {
  const { stdout } = await session.run(['cat', '/proc/self/mounts'], { signal });
  const points = stdout
    .toString('utf8')
    .split('\n')
    .map((line) => line.split(' ')[1] ?? '');
  return new Set(points.map((point) => point.replaceAll(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(parseInt(octal, 8)))));
}

import { SmartantError } from '@smartant/kernel';
import type { HostInventory } from '../../../domain/inventory';
import type { DiskPlan, HostLayout } from '../../../domain/layout';
import type { HostSession } from '../session/host-session';
import { layoutVolumes, type LayoutVolume } from './layout-volumes';
import { makeCommand } from './make-filesystem';
import { unmountLayout } from './mount-layout';
import { layoutId, partitionPath, partitionScript } from './partition-script';
import { listTargetDisks, resolveDisks } from './target-disks';

export interface LayoutOrder {
  layout: HostLayout;
  /** Serials (or paths) of disks whose content may be destroyed. */
  confirmedDisks: readonly string[];
  /** Its kernel and its counts of files decide how filesystems are made. */
  source: Pick<HostInventory, 'kernel' | 'fileSystems' | 'fstab'>;
  /** Mount points whose filesystems come with their blocks: their volumes stay empty. */
  byBlocks?: ReadonlySet<string>;
}

/** Where the top of a btrfs is mounted while its subvolumes are made. */
const TOP = '/mnt/top';

/**
 * Makes a layout on the disks of a rescue system: what stood on them is gone. Where it stands there already, whole, nothing is touched, so
 * that a stage may be begun anew after its files have come. Resolves with whether anything was made.
 */
export async function applyLayout(session: HostSession, order: LayoutOrder, signal: AbortSignal): Promise<{ made: boolean }> {
  const { layout } = order;
  const devices = resolveDisks(layout, await listTargetDisks(session, signal), order.confirmedDisks);
  const deviceOf = (plan: DiskPlan) => devices.get(plan.disk) ?? plan.disk;
  if (await isApplied(session, layout, deviceOf, signal)) return { made: false };
  await unmountLayout(session, layout, signal);
  // Left there by a crash while subvolumes were made.
  await session.run(['umount', TOP], { signal, okCodes: [0, 1, 32] });
  for (const plan of layout.disks) await assertFree(session, deviceOf(plan), signal);
  for (const plan of layout.disks) await clearDisk(session, deviceOf(plan), signal);
  for (const plan of layout.disks) await partition(session, plan, deviceOf(plan), signal);
  await makeGroups(session, layout, deviceOf, signal);
  for (const volume of layoutVolumes(layout, devices)) await makeVolume(session, volume, order, signal);
  await session.run(['sync'], { signal });
  for (const plan of layout.disks) await session.run(['sfdisk', '--disk-id', deviceOf(plan), layoutId(layout, plan)], { signal });
  await session.run(['udevadm', 'settle'], { signal, okCodes: [0, 1] });
  return { made: true };
}

type DeviceOf = (plan: DiskPlan) => string;

async function isApplied(session: HostSession, layout: HostLayout, deviceOf: DeviceOf, signal: AbortSignal): Promise<boolean> {
  for (const plan of layout.disks) {
    const { stdout } = await session.run(['sfdisk', '--disk-id', deviceOf(plan)], { signal, okCodes: [0, 1] });
    if (stdout.toString('utf8').trim().toUpperCase() !== layoutId(layout, plan).toUpperCase()) return false;
  }
  return true;
}

/**
 * A disk that a system runs from is not touched, confirmed or not: what was a rescue system may have been started into its own disks since
 * anybody looked.
 */
export async function assertFree(session: HostSession, device: string, signal: AbortSignal): Promise<void> {
  const { stdout } = await session.run(['lsblk', '--noheadings', '--list', '--output', 'MOUNTPOINT', device], { signal });
  const used = stdout
    .toString('utf8')
    .split('\n')
    .map((line) => line.trim())
    .filter((point) => point !== '');
  if (used.length === 0) return;
  throw new SmartantError(
    'HOST_TARGET_NOT_RESCUE',
    `The disk ${device} of the target is in use (${used.join(', ')}): it is no rescue system.`,
    {
      kind: 'precondition',
      hint: 'Start it from a rescue system, set takeOverTarget, or name a targetDirectory.',
    },
  );
}

/** Takes a disk out of the hands of what the rescue system may have found on it, and its signatures away, the table's last. */
async function clearDisk(session: HostSession, device: string, signal: AbortSignal): Promise<void> {
  const run = (argv: string[], okCodes: number[] = [0]) => session.run(argv, { signal, okCodes });
  const below = async () => {
    const { stdout } = await run(['lsblk', '--noheadings', '--list', '--paths', '--output', 'NAME,TYPE,FSTYPE', device]);
    return stdout
      .toString('utf8')
      .trim()
      .split('\n')
      .map((line) => line.trim().split(/\s+/))
      .map(([name = '', type = '', content = '']) => ({ name, type, content }));
  };
  for (const { name, type } of (await below()).reverse()) {
    if (type === 'lvm') await run(['dmsetup', 'remove', '--retry', name], [0, 1]);
    else if (type.startsWith('raid')) await run(['mdadm', '--stop', name], [0, 1]);
  }
  for (const { name, type, content } of (await below()).reverse()) {
    if (content === 'LVM2_member') await run(['pvremove', '--force', '--force', '--yes', name], [0, 5]);
    if (type === 'part') await run(['wipefs', '--all', '--force', name]);
  }
  await run(['wipefs', '--all', '--force', device]);
}

async function partition(session: HostSession, plan: DiskPlan, device: string, signal: AbortSignal): Promise<void> {
  await session.run(['sfdisk', '--quiet', '--wipe', 'always', '--wipe-partitions', 'always', device], {
    signal,
    stdin: partitionScript(plan),
  });
  await session.run(['partprobe', device], { signal, okCodes: [0, 1] });
  await session.run(['udevadm', 'settle'], { signal, okCodes: [0, 1] });
}

async function makeGroups(session: HostSession, layout: HostLayout, deviceOf: DeviceOf, signal: AbortSignal): Promise<void> {
  for (const { name, volumes } of layout.volumeGroups) {
    const devices = layout.disks.flatMap((plan) =>
      plan.partitions
        .filter(({ content }) => content.kind === 'pv' && content.volumeGroup === name)
        .map(({ number }) => partitionPath(deviceOf(plan), number)),
    );
    await session.run(['pvcreate', '--yes', '--force', '--force', ...devices], { signal });
    await session.run(['vgcreate', '--yes', name, ...devices], { signal });
    for (const volume of volumes) {
      const size = `${volume.sizeBytes}b`;
      await session.run(
        ['lvcreate', '--yes', '--wipesignatures', 'y', '--setactivationskip', 'n', '--name', volume.name, '--size', size, name],
        { signal },
      );
    }
    await session.run(['vgchange', '--activate', 'y', name], { signal });
    await session.run(['vgmknodes', name], { signal, okCodes: [0, 5] });
  }
}

async function makeVolume(
  session: HostSession,
  volume: LayoutVolume,
  { source, byBlocks }: LayoutOrder,
  signal: AbortSignal,
): Promise<void> {
  const { content, device, sizeBytes } = volume;
  const mounts = content.kind === 'filesystem' ? content.mounts : [];
  if (mounts.some(({ mount }) => byBlocks?.has(mount))) return;
  const files = source.fileSystems.find(({ mount }) => mount === mounts[0]?.mount)?.files ?? 0;
  await session.run(makeCommand(content, device, { kernelRelease: source.kernel.release, sizeBytes, files }), { signal });
  if (content.kind === 'filesystem' && content.type === 'btrfs') await makeSubvolumes(session, volume, source.fstab, signal);
}

async function makeSubvolumes(
  session: HostSession,
  { content, device }: LayoutVolume,
  fstab: HostInventory['fstab'],
  signal: AbortSignal,
): Promise<void> {
  if (content.kind !== 'filesystem') return;
  const named = content.mounts.filter(({ subvolume }) => subvolume.replace(/^\//, '') !== '');
  if (named.length === 0) return;
  await session.run(['mkdir', '-p', TOP], { signal });
  await session.run(['mount', '-t', 'btrfs', '-o', 'subvolid=5', device, TOP], { signal });
  try {
    for (const { mount, subvolume } of [...named].sort((a, b) => a.subvolume.length - b.subvolume.length)) {
      const path = `${TOP}/${subvolume.replace(/^\//, '')}`;
      await session.run(['mkdir', '-p', path.slice(0, path.lastIndexOf('/'))], { signal });
      await session.run(['btrfs', 'subvolume', 'create', path], { signal });
      // A system that names no subvolume for its root starts from the default one.
      const options = fstab.find((entry) => entry.mount === mount)?.options ?? [];
      if (mount === '/' && !options.some((option) => option.startsWith('subvol')))
        await session.run(['btrfs', 'subvolume', 'set-default', path], { signal });
    }
  } finally {
    await session.run(['umount', TOP], { signal });
  }
}

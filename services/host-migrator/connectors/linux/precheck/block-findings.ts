import { toSmartantError, type SmartantError } from '@smartant/kernel';
import type { Finding } from '@smartant/runs';
import type { HostScope } from '../../../domain/host-scope';
import type { FileSystem, HostInventory } from '../../../domain/inventory';
import { collectParts } from '../../../domain/layout-parts';
import { CHUNK_BYTES } from '../blocks/block-volume';
import { requireBlockPrograms, requireDirectReads } from '../blocks/require-block-programs';
import { sourceDevice, targetDevice } from '../blocks/open-volume';
import type { HostSession } from '../session/host-session';
import { chosenFileSystems } from './source-findings';

interface Asked {
  scope: HostScope;
  source: HostSession;
  /** Null: an image, or a machine that is to be taken over; our own system has what is needed. */
  target: HostSession | null;
  /** Devices of the target that volumes are written to. */
  targetDisks: readonly string[];
  inventory: HostInventory;
}

const finding = (severity: Finding['severity'], code: string, message: string, hint: string): Finding => ({
  severity,
  code,
  message,
  hint,
  subject: 'source',
});

/** What stands in the way of carrying volumes by their blocks, by really asking; nothing of the engine "files". Changes nothing. */
export async function blockFindings(asked: Asked, signal: AbortSignal): Promise<Finding[]> {
  const { scope, source, target, inventory } = asked;
  if (scope.engine === 'files') return [];
  const programs = await Promise.all([
    programFindings(() => requireBlockPrograms(source, 'source', signal), 'source'),
    programFindings(async () => target && requireBlockPrograms(target, 'target', signal), 'target'),
  ]);
  const found = [...scopeFindings(scope), ...programs.flat()];
  if (target && programs[1].length === 0) found.push(...(await readFindings(target, asked.targetDisks, signal)));
  if (programs[0].length > 0) return found;
  for (const fileSystem of chosenVolumes(inventory, scope)) found.push(...(await volumeFindings(source, fileSystem, inventory, signal)));
  return [
    ...found,
    finding(
      'note',
      'HOST_BLOCKS_HELD_STILL',
      'In the cutover each filesystem of the source is held still (fsfreeze) while its volume is read: what writes there waits for so long. Of logical volumes whose group has free room a snapshot is read instead.',
      'A rehearsal does the same, and gives up on a filesystem that it would have to hold for longer than the operator allows (SMARTANT_REHEARSAL_HOLD_SECONDS, 20 where nothing is said).',
    ),
  ];
}

/** What a wish for files would have to be passed over for. */
function scopeFindings({ exclude, targetDirectory }: HostScope): Finding[] {
  const found: Finding[] = [];
  if (targetDirectory !== '') {
    const hint = 'Leave --target-directory (targetDirectory) out, or use the engine "files".';
    found.push(finding('blocker', 'HOST_BLOCKS_NEED_DISKS', 'A directory of the target cannot take volumes by their blocks.', hint));
  }
  if (exclude.length > 0) {
    const message = `A volume that is carried by its blocks is carried whole: ${exclude.join(', ')} cannot be left out.`;
    const hint =
      'Leave --exclude (exclude) out, leave out whole filesystems by --exclude-mount (excludeMounts), or use the engine "files".';
    found.push(finding('blocker', 'HOST_BLOCKS_CARRY_ALL', message, hint));
  }
  return found;
}

/** The target's volumes are still to be made, but what cannot read its disks cannot read those either. One finding, whichever disk it is. */
async function readFindings(target: HostSession, disks: readonly string[], signal: AbortSignal): Promise<Finding[]> {
  for (const disk of disks) {
    const device = await targetDevice(target, disk, signal);
    const found = device ? await programFindings(async () => requireDirectReads('target', device), 'target') : [];
    if (found.length > 0) return found;
  }
  return [];
}

async function programFindings(ask: () => Promise<void> | Promise<null | void>, subject: 'source' | 'target'): Promise<Finding[]> {
  try {
    await ask();
    return [];
  } catch (error) {
    const { code, message, hint } = told(error, 'HOST_PROGRAMS_UNFIT');
    return [{ severity: 'blocker', code, message, hint: hint ?? '', subject }];
  }
}

/** One for each filesystem: views of it (bind mounts, subvolumes) are carried with it. */
function chosenVolumes(inventory: HostInventory, scope: HostScope): FileSystem[] {
  const chosen = chosenFileSystems(inventory, { ...scope, exclude: [] });
  const identity = ({ uuid, device }: FileSystem) => uuid || device;
  return chosen.filter((one, at) => chosen.findIndex((other) => identity(other) === identity(one)) === at);
}

/** Types whose own tools tell what is in use. */
const TOLD = /^(?:ext[234]|xfs)$/;

/** What is to be carried, about: chunks and their bytes. */
export function estimateChunks(inventory: HostInventory, scope: HostScope): { files: number; bytes: number } {
  const volumes = chosenVolumes(inventory, scope);
  const bytes = volumes.reduce((sum, { type, usedBytes, sizeBytes }) => sum + (TOLD.test(type) ? usedBytes : sizeBytes), 0);
  return { files: Math.ceil(bytes / CHUNK_BYTES), bytes };
}

/** The device ($1) and UUID ($2) of a mounted filesystem, each line a reason why it cannot be carried by its blocks; "all" where it is not told which are in use. */
const LOOK = `[ "$(ls "/sys/fs/btrfs/$2/devices" 2>/dev/null | wc -l)" -le 1 ] || echo 'it lies on several devices'
case $3 in
ext*) command -v dumpe2fs >/dev/null || echo all; ! dumpe2fs -h "$1" 2>/dev/null | grep -q '^Journal device:' || echo 'its journal is on another device' ;;
xfs) command -v xfs_db >/dev/null || echo all ;;
*) echo all ;;
esac
exit 0`;

async function volumeFindings(
  source: HostSession,
  { mount, type, uuid, options }: FileSystem,
  inventory: HostInventory,
  signal: AbortSignal,
): Promise<Finding[]> {
  const unfit = (reason: string) =>
    finding(
      'blocker',
      'HOST_BLOCKS_UNFIT',
      `${mount} cannot be carried by its blocks: ${reason}.`,
      'Use the engine "files", or leave it out by --exclude-mount (excludeMounts).',
    );
  const part = collectParts(inventory, []).parts.find(({ content }) => content.kind === 'filesystem' && content.uuid === uuid);
  if (part?.flattened === 'crypt') return [unfit('it is encrypted')];
  try {
    const found = await sourceDevice(source, { mount, uuid }, signal);
    const { device, bytes, unreadBy } = found;
    const programs = await programFindings(async () => requireDirectReads('source', found), 'source');
    if (programs.length > 0) return programs;
    const { stdout } = await source.run(['sh', '-c', LOOK, 'sh', device, uuid, type], { signal });
    const reasons = stdout.toString('utf8').split('\n').filter(Boolean);
    if (unreadBy !== '') reasons.push('its device cannot be read past the page cache');
    if (options.some((option) => /^(?:logdev|rtdev)=/.test(option))) reasons.push('a part of it is on another device');
    if (part && bytes > part.sizeBytes) reasons.push('how large its device is was not found out');
    const all = finding(
      'note',
      'HOST_BLOCKS_ALL',
      `Which blocks of ${mount} (${type}) are in use is not known: all are carried.`,
      'Of ext2, ext3, ext4 and xfs their own tools tell it (dumpe2fs, xfs_db).',
    );
    return reasons.map((reason) => (reason === 'all' ? all : unfit(reason)));
  } catch (error) {
    signal.throwIfAborted();
    return [unfit(told(error, 'HOST_VOLUME_CHANGED').message)];
  }
}

/** What is no finding of that code is raised: a host that does not answer, for example. */
function told(error: unknown, code: string): SmartantError {
  const failure = toSmartantError(error);
  if (failure.code !== code) throw error;
  return failure;
}

import { existsSync } from 'node:fs';
import { access, constants, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { formatBytes, SmartantError, toSmartantError } from '@smartant/kernel';
import type { Finding } from '@smartant/runs';
import type { HostEndpoint } from '../../../application/ports/host-engine';
import { imageInfo } from '../rescue/disk-image';
import { readRescueFiles } from '../rescue/rescue-files';
import type { EngineSettings } from './engine-settings';
import { blocker, note } from './precheck-finding';
import { imageOf } from './target-system';

/** Whether an image can be made here: its folder, what is there already, and QEMU. */
export async function imageFindings(
  { location }: HostEndpoint & { location: Parameters<typeof imageOf>[0] },
  settings: EngineSettings,
  signal: AbortSignal,
): Promise<Finding[]> {
  try {
    const image = imageOf(location);
    await assertWritable(dirname(image.path));
    const isThere = await access(image.path).then(
      () => true,
      () => false,
    );
    const qemu = await settings.qemu();
    if (!isThere) return [];
    const { sizeBytes } = await imageInfo(image, qemu, signal);
    const message = `The image is there already, with ${formatBytes(sizeBytes)}. Only the migration that made it goes on with it.`;
    return [
      { ...note('HOST_IMAGE_THERE', message), severity: 'warning', hint: 'For a new migration name another image, or remove this one.' },
    ];
  } catch (error) {
    signal.throwIfAborted();
    return [blocker(toSmartantError(error))];
  }
}

/** An image grows to what is used at the source. One that is there already is gone on with. */
export async function roomFindings(location: Parameters<typeof imageOf>[0], usedBytes: number): Promise<Finding[]> {
  try {
    const { path } = imageOf(location);
    if (existsSync(path)) return [];
    const { bavail, bsize } = await statfs(dirname(path));
    const [free, needed] = [bavail * bsize, Math.round(usedBytes * IMAGE_GROWTH)];
    if (free >= needed) return [];
    const message = `The folder of the image has ${formatBytes(free)} free; what is migrated needs about ${formatBytes(needed)}.`;
    const hint = 'Make room there, choose another file root, or leave filesystems and folders out.';
    return [{ severity: 'blocker', code: 'HOST_IMAGE_NO_ROOM', message, hint, subject: 'target' }];
  } catch {
    // What is wrong with the folder is told by whoever looks at it as such.
    return [];
  }
}

/** Tables of filesystems and of the image, and what is written until the cutover. */
const IMAGE_GROWTH = 1.1;

async function assertWritable(folder: string): Promise<void> {
  await access(folder, constants.W_OK | constants.X_OK).catch((cause: unknown) => {
    throw new SmartantError('HOST_IMAGE_FOLDER', `The folder of the image cannot be written to by the migrator.`, {
      kind: 'precondition',
      actor: 'operator',
      hint: 'Make the folder below the file root, and give it to the user of the migrator.',
      cause,
    });
  });
}

/** Images are written by a rescue system in a machine of ours. */
export async function rescueFindings({ rescueFolder, qemu }: EngineSettings): Promise<Finding[]> {
  try {
    await readRescueFiles(rescueFolder);
    await qemu();
    return [];
  } catch (error) {
    return [blocker(toSmartantError(error))];
  }
}

import { execFile } from 'node:child_process';
import { rename, rm, stat } from 'node:fs/promises';
import { promisify } from 'node:util';
import type { ImageFormat } from '@smartant/connectors';
import { SmartantError } from '@smartant/kernel';
import { z } from 'zod';
import type { QemuSettings } from './qemu-settings';

const run = promisify(execFile);

export interface DiskImage {
  path: string;
  format: ImageFormat;
}

const Info = z.object({
  format: z.string(),
  'virtual-size': z.number(),
  'backing-filename': z.string().optional(),
  'format-specific': z
    .object({ data: z.object({ 'data-file': z.string().optional(), extents: z.array(z.object({ filename: z.string() })).optional() }) })
    .optional(),
});

/**
 * Makes an image that takes no room until it is written. One that is there already with this format and size is kept; anything else in its place
 * is left alone, and HOST_IMAGE_EXISTS raised.
 */
export async function createImage(
  image: DiskImage & { sizeBytes: number },
  settings: QemuSettings,
  signal: AbortSignal,
): Promise<{ made: boolean }> {
  if (await exists(image.path)) {
    const info = await imageInfo(image, settings, signal);
    if (info.format === image.format && info.sizeBytes === image.sizeBytes) return { made: false };
    throw new SmartantError('HOST_IMAGE_EXISTS', `${image.path} is there already: ${info.format}, ${info.sizeBytes} bytes.`, {
      kind: 'precondition',
      hint: 'Name another image, or remove this one.',
    });
  }
  const part = `${image.path}.part`;
  await imageProgram(['create', '-q', '-f', image.format, ...optionsOf(image.format), part, String(image.sizeBytes)], settings, signal);
  await rename(part, image.path);
  return { made: true };
}

const optionsOf = (format: ImageFormat) => (format === 'vmdk' ? ['-o', 'subformat=monolithicSparse'] : []);

/** `format` as QEMU sees it. It is never guessed from content, which a guest could write. */
export async function imageInfo(
  { path, format }: DiskImage,
  settings: QemuSettings,
  signal: AbortSignal,
): Promise<{ format: string; sizeBytes: number }> {
  const { stdout } = await imageProgram(['info', '-U', '--output=json', '-f', format, path], settings, signal);
  const info = Info.parse(JSON.parse(stdout));
  const { extents = [], 'data-file': dataFile } = info['format-specific']?.data ?? {};
  // Whoever can write into the file root could name any file of this machine there, and have it copied into a guest.
  if (info['backing-filename'] !== undefined || dataFile !== undefined || extents.some(({ filename }) => filename !== path)) {
    throw new SmartantError('HOST_IMAGE_EXISTS', `${path} is there already, and its content lies in other files.`, {
      kind: 'precondition',
      hint: 'Name another image, or remove this one.',
    });
  }
  return { format: info.format, sizeBytes: info['virtual-size'] };
}

/** A clone: an overlay that holds only what is changed in it. An older one at this path is thrown away. */
export async function cloneImage(base: DiskImage, clonePath: string, settings: QemuSettings, signal: AbortSignal): Promise<DiskImage> {
  await rm(clonePath, { force: true });
  await imageProgram(['create', '-q', '-f', 'qcow2', '-b', base.path, '-F', base.format, clonePath], settings, signal);
  return { path: clonePath, format: 'qcow2' };
}

/** Writes what was changed in a clone into its base, which is the result then. May be called again after a crash until it has resolved. */
export async function commitClone(clone: DiskImage, settings: QemuSettings, signal: AbortSignal): Promise<void> {
  if (!(await exists(clone.path))) return;
  await imageProgram(['commit', '-q', '-f', 'qcow2', clone.path], settings, signal);
  await rm(clone.path, { force: true });
}

export async function exists(path: string): Promise<boolean> {
  return await stat(path).then(
    () => true,
    () => false,
  );
}

async function imageProgram(args: string[], settings: QemuSettings, signal: AbortSignal): Promise<{ stdout: string }> {
  try {
    return await run(settings.imageProgram, args, { signal, maxBuffer: 1024 * 1024 });
  } catch (error) {
    signal.throwIfAborted();
    const { code, stderr = '' } = error as { code?: unknown; stderr?: string };
    if (code === 'ENOENT') {
      throw new SmartantError('HOST_QEMU_MISSING', `${settings.imageProgram} cannot be started.`, {
        kind: 'precondition',
        actor: 'operator',
        hint: "Install QEMU on the migrator's machine (Debian: qemu-system-x86, qemu-utils and ovmf; in a clone: `npm run provision -- rescue`).",
        cause: error,
      });
    }
    const full = /no space/i.test(stderr);
    throw new SmartantError('HOST_IMAGE_FAILED', `qemu-img ${args[0]} failed: ${stderr.trim().split('\n').at(-1) ?? ''}`, {
      kind: /lock/i.test(stderr) ? 'unavailable' : 'precondition',
      actor: full ? 'operator' : 'user',
      hint: full ? 'Make room in the file root.' : 'Look at what it says; the image must be one of ours and in nobody’s use.',
      cause: error,
    });
  }
}

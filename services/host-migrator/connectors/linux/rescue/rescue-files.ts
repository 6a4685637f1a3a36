import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SmartantError } from '@smartant/kernel';
import { z } from 'zod';

/** The rescue system as tools/rescue makes it: the same files start an appliance and take over a machine. */
export interface RescueFiles {
  /** Hash of what it was made from. */
  recipe: string;
  kernel: string;
  initramfs: string;
  /** A tar of kexec with its libraries and their loader. */
  kexec: string;
  bytes: { kernel: number; initramfs: number };
}

const Manifest = z.object({
  recipe: z.string(),
  files: z.object({ vmlinuz: z.object({ bytes: z.number() }), 'initramfs.zst': z.object({ bytes: z.number() }) }),
});

/** Raises HOST_RESCUE_MISSING where the folder has no rescue system. */
export async function readRescueFiles(folder: string): Promise<RescueFiles> {
  try {
    const manifest = Manifest.parse(JSON.parse(await readFile(join(folder, 'manifest.json'), 'utf8')));
    return {
      recipe: manifest.recipe,
      kernel: join(folder, 'vmlinuz'),
      initramfs: join(folder, 'initramfs.zst'),
      kexec: join(folder, 'kexec.tar'),
      bytes: { kernel: manifest.files.vmlinuz.bytes, initramfs: manifest.files['initramfs.zst'].bytes },
    };
  } catch (error) {
    throw new SmartantError('HOST_RESCUE_MISSING', `There is no rescue system in ${folder || 'the configured folder'}.`, {
      kind: 'precondition',
      actor: 'operator',
      hint: 'Make it with `npm run provision -- rescue` and name its folder in the settings of the host migrator.',
      cause: error,
    });
  }
}

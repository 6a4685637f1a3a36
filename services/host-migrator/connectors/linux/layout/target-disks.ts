import { SmartantError } from '@smartant/kernel';
import { z } from 'zod';
import type { HostLayout } from '../../../domain/layout';
import type { HostSession } from '../session/host-session';

export interface FoundDisk {
  path: string;
  sizeBytes: number;
  /** Empty: it has none. */
  serial: string;
  readOnly: boolean;
}

const Listing = z.object({
  blockdevices: z.array(
    z.object({
      path: z.string(),
      size: z.coerce.number(),
      serial: z.string().nullable(),
      type: z.string(),
      ro: z.union([z.boolean(), z.string()]),
    }),
  ),
});

/** Disks of a rescue system, without its optical drives and memory disks. */
export async function listTargetDisks(session: HostSession, signal: AbortSignal): Promise<FoundDisk[]> {
  const { stdout } = await session.run(['lsblk', '--json', '--bytes', '--nodeps', '--output', 'PATH,SIZE,SERIAL,TYPE,RO'], { signal });
  const { blockdevices } = Listing.parse(JSON.parse(stdout.toString('utf8')));
  return blockdevices
    .filter(({ path, size, type }) => type === 'disk' && size > 0 && !/^\/dev\/(ram|zram|fd|nbd)/.test(path))
    .map(({ path, size, serial, ro }) => ({ path, sizeBytes: size, serial: serial?.trim() ?? '', readOnly: ro === true || ro === '1' }));
}

/**
 * The device of each disk of a layout. A disk is known by its serial; by its path only where it has none, since paths change from start to
 * start. Raises HOST_DISK_NOT_FOUND, HOST_DISK_NOT_CONFIRMED and HOST_DISK_TOO_SMALL.
 */
export function resolveDisks(layout: HostLayout, found: readonly FoundDisk[], confirmed: readonly string[]): Map<string, string> {
  const devices = new Map<string, string>();
  for (const { disk, sizeBytes } of layout.disks) {
    const device = found.find(({ serial, path }) => (serial === '' ? path === disk : serial === disk));
    if (!device || device.readOnly) {
      const there = found.map(({ path, serial }) => `${path} (${serial || 'no serial'})`).join(', ');
      throw refuse(
        'HOST_DISK_NOT_FOUND',
        `The target has no writable disk ${disk}; it has ${there || 'none'}.`,
        'Choose one of its disks in the layout.',
      );
    }
    // An image is nobody's disk: it was made for this migration.
    if (disk !== 'image' && !confirmed.includes(disk)) {
      throw refuse(
        'HOST_DISK_NOT_CONFIRMED',
        `The content of disk ${disk} would be destroyed.`,
        `Confirm it: add "${disk}" to confirmedDisks.`,
      );
    }
    if (device.sizeBytes < sizeBytes) {
      throw refuse(
        'HOST_DISK_TOO_SMALL',
        `Disk ${disk} has ${device.sizeBytes} bytes, its layout needs ${sizeBytes}.`,
        'Propose the layout again.',
      );
    }
    devices.set(disk, device.path);
  }
  return devices;
}

const refuse = (code: string, message: string, hint: string) => new SmartantError(code, message, { kind: 'precondition', hint });

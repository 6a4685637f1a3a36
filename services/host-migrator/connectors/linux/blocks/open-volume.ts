import { SmartantError } from '@smartant/kernel';
import type { Lane } from '../files/carrier';
import type { Sides } from '../files/host-facts';
import type { HostSession } from '../session/host-session';
import type { BlockVolume } from './block-volume';
import { FIND_DD, readCommand, TRY_READ, writeCommand } from './chunk-commands';
import { requireDirectReads } from './require-block-programs';

/** A volume whose devices were found at both sides. */
export interface OpenVolume extends BlockVolume, Lane {
  sourceDevice: string;
  /** Of the source's device. */
  bytes: number;
  /** Whether the target's is larger. */
  grows: boolean;
}

interface Device {
  device: string;
  bytes: number;
  sectorBytes: number;
  uuid: string;
  /** The program that could not read it past the page cache; empty: it could. */
  unreadBy: string;
}

const TOLD = `echo "$d"
${FIND_DD}
${TRY_READ}`;

/** Names of devices change from start to start: what counts is what is mounted there now. */
const MOUNTED = `d=$(findmnt -n -v -o SOURCE -M "$1" | tail -n 1)
[ -b "$d" ] || exit 3
blockdev --getsize64 --getss "$d"
blkid -p -s UUID -o value "$d" || echo
${TOLD}`;

const NAMED = `d=$1; [ -b "$d" ] || exit 3
blockdev --getsize64 --getss "$d"
echo
${TOLD}`;

/** Raises HOST_VOLUME_CHANGED where something else, or nothing, is mounted there by now. */
export async function sourceDevice(
  session: HostSession,
  { mount, uuid }: Pick<BlockVolume, 'mount' | 'uuid'>,
  signal: AbortSignal,
): Promise<Device> {
  const found = await ask(session, MOUNTED, mount, signal);
  if (found && (uuid === '' || found.uuid === uuid)) return found;
  throw new SmartantError('HOST_VOLUME_CHANGED', `At ${mount} of the source is ${found ? 'another filesystem' : 'no disk'} by now.`, {
    kind: 'precondition',
    hint: 'Mount again what was there when the migration was prepared, or make a new migration.',
    details: { mount, expected: uuid, found: found?.uuid ?? '' },
  });
}

/** Null: there is no such device. */
export function targetDevice(session: HostSession, path: string, signal: AbortSignal): Promise<Device | null> {
  return ask(session, NAMED, path, signal);
}

/** Raises HOST_VOLUME_CHANGED, HOST_VOLUME_TOO_SMALL, HOST_SECTORS_DIFFER and HOST_PROGRAMS_UNFIT. */
export async function openVolume({ source, target }: Sides, volume: BlockVolume, signal: AbortSignal): Promise<OpenVolume> {
  const [from, to] = await Promise.all([sourceDevice(source, volume, signal), targetDevice(target, volume.targetDevice, signal)]);
  if (!to || to.bytes < from.bytes) throw tooSmall(volume.mount, from.bytes, to?.bytes ?? 0);
  if (to.sectorBytes > from.sectorBytes) {
    throw new SmartantError(
      'HOST_SECTORS_DIFFER',
      `The target's disk for ${volume.mount} has sectors of ${to.sectorBytes} bytes, the source's of ${from.sectorBytes}.`,
      {
        kind: 'precondition',
        hint: 'A filesystem that was made for small sectors may not be mounted there: use a disk with sectors of 512 bytes, or the engine "files".',
      },
    );
  }
  requireDirectReads('source', from);
  requireDirectReads('target', to);
  return {
    ...volume,
    sourceDevice: from.device,
    bytes: from.bytes,
    grows: to.bytes > from.bytes,
    read: readCommand(from.device),
    write: (codec) => writeCommand(volume.targetDevice, codec),
  };
}

export function tooSmall(mount: string, neededBytes: number, thereBytes: number): SmartantError {
  return new SmartantError(
    'HOST_VOLUME_TOO_SMALL',
    `The target's volume for ${mount} has ${thereBytes} bytes, and the source's has ${neededBytes}.`,
    {
      kind: 'precondition',
      hint: 'By its blocks a volume is carried whole, also what is free in it: give it as much room as it has at the source, or use the engine "files".',
      details: { mount },
    },
  );
}

async function ask(session: HostSession, script: string, argument: string, signal: AbortSignal): Promise<Device | null> {
  const { exitCode, stdout } = await session.run(['sh', '-c', script, 'sh', argument], { signal, okCodes: [0, 3] });
  const [bytes, sectorBytes, uuid = '', device = '', unreadBy = ''] = stdout.toString('utf8').split('\n');
  return exitCode === 0 ? { device, bytes: Number(bytes), sectorBytes: Number(sectorBytes), uuid, unreadBy } : null;
}

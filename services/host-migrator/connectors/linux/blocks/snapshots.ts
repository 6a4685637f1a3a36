import type { HostJob } from '../../../application/ports/host-engine';
import { mapperPath } from '../inventory/parse-volumes';
import type { HostSession } from '../session/host-session';
import { readCommand } from './chunk-commands';
import type { OpenVolume } from './open-volume';
import { groupShares, parseLogicalVolumes, type LogicalVolume } from './snapshot-shares';

/** A volume as it was at one moment, while the filesystem on it goes on. */
export interface Snapshot {
  /** The volume, read from its snapshot. */
  volume: OpenVolume;
  /** "group/volume" of LVM. */
  name: string;
}

type SnapshotJob = Pick<HostJob, 'migrationId' | 'info'>;

const nameOf = (migrationId: string) => `smartant_${migrationId}`;

/** Groups with a thin pool are told first: what is free in them may be what keeps the pool from running full. */
const DESCRIBE = `command -v lvcreate >/dev/null && command -v lvremove >/dev/null || exit 0
echo '# pools'
timeout 30 lvs --noheadings --separator '|' -o vg_name,segtype 2>/dev/null | grep '|thin-pool'
for d; do
  echo "# $d"
  timeout 30 lvs --noheadings --separator '|' --units b --nosuffix -o vg_name,lv_name,lv_size,segtype,vg_free,vg_extent_size "$d" 2>/dev/null
done
exit 0`;

/**
 * Gives the size of the device that was made. The kernel holds the filesystem still by itself for the moment that it takes. \`timeout\` also puts LVM into a process
 * group of its own: killed between suspending a volume and resuming it, as an ended session kills its commands, it would leave the volume standing still.
 */
const CREATE = `timeout 60 lvcreate -q -y -s -n "$1" -l "$2" "$3" </dev/null >/dev/null || exit 3
blockdev --getsize64 "$4"`;

/** By their names, also those of a process that was killed. What has just been read may still be in use for a moment. */
const REMOVE = `command -v lvremove >/dev/null || exit 0
all=$(timeout 60 lvs --noheadings --separator / -o vg_name,lv_name 2>/dev/null)
# Of a group that lacks a disk it tells as well, and ends with 5.
[ $? -lt 124 ] || { echo 'lvs does not answer' >&2; exit 3; }
echo "$all" | tr -d ' ' | grep -- "/$1_[0-9]*$" | while read -r v; do
  i=0
  until timeout 60 lvremove -q -f "$v" </dev/null >/dev/null; do
    i=$((i+1))
    [ $i -lt 10 ] || exit 3
    sleep 1
  done
done`;

/** Of a snapshot that had no more room for what was overwritten nothing can be read: its state is not "a". */
const INTACT = `timeout 60 lvs --noheadings -o lv_attr "$1" </dev/null | tr -d ' ' | grep -q '^....a'`;

/** A command that waits for a disk does not end when it is told to. */
const ANSWER_MS = 120_000;

/**
 * Filesystems that the kernel holds still for a snapshot. Not btrfs: it takes a device of the same UUID that it is shown for another way to itself,
 * and on older kernels goes on as if it were mounted from that.
 */
const HELD_BY_KERNEL = /^(?:ext[234]|xfs)$/;

/**
 * Takes LVM's snapshots of those volumes that have one to be had: on a plain logical volume, in a group with room for what may be overwritten
 * meanwhile. The others are to be held still. Take them away with `removeSnapshots`, whatever happens.
 */
export async function takeSnapshots(
  job: SnapshotJob,
  session: HostSession,
  volumes: readonly OpenVolume[],
  signal: AbortSignal,
): Promise<Snapshot[]> {
  const devices = volumes.map(({ sourceDevice }) => sourceDevice);
  const { stdout } = await session.run(['sh', '-c', DESCRIBE, 'sh', ...devices], { signal, timeoutMs: ANSWER_MS });
  const shares = groupShares(parseLogicalVolumes(stdout.toString('utf8')));
  const taken: Snapshot[] = [];
  for (const [index, volume] of volumes.entries()) {
    const share = shares.get(volume.sourceDevice);
    if (!share || !HELD_BY_KERNEL.test(volume.type)) continue;
    const snapshot = await take(session, volume, { ...share, name: `${nameOf(job.migrationId)}_${index}` }, signal);
    if (snapshot) taken.push(snapshot);
    else job.info('LVM gave no snapshot of a volume: it is held still instead.', { mount: volume.mount });
  }
  return taken;
}

interface Order extends LogicalVolume {
  name: string;
  extents: number;
}

async function take(session: HostSession, volume: OpenVolume, order: Order, signal: AbortSignal): Promise<Snapshot | null> {
  const { group, volume: origin, name, extents } = order;
  const device = mapperPath(group, name);
  const { exitCode, stdout } = await session.run(['sh', '-c', CREATE, 'sh', name, String(extents), `${group}/${origin}`, device], {
    signal,
    okCodes: [0, 1, 3, 5, 124],
    timeoutMs: ANSWER_MS,
  });
  if (exitCode !== 0 || Number(stdout.toString('utf8').trim()) !== volume.bytes) return null;
  return { volume: { ...volume, sourceDevice: device, read: readCommand(device) }, name: `${group}/${name}` };
}

/** Whether all that was read of it is what the volume was. */
export async function isIntact(session: HostSession, { name }: Snapshot, signal: AbortSignal): Promise<boolean> {
  return (await session.run(['sh', '-c', INTACT, 'sh', name], { signal, okCodes: [0, 1, 5, 124], timeoutMs: ANSWER_MS })).exitCode === 0;
}

/** All that this migration has taken at a source. Raises what a command does that fails: one that LVM does not let go stays. */
export async function removeSnapshots(session: HostSession, migrationId: string, signal: AbortSignal): Promise<void> {
  await session.run(['sh', '-c', REMOVE, 'sh', nameOf(migrationId)], { signal, timeoutMs: 5 * ANSWER_MS });
}

import { SmartantError } from '@smartant/kernel';
import { BucketDigests } from '@smartant/proof';
import type { HostJob } from '../../../application/ports/host-engine';
import { CodecChoice } from '../files/codec-choice';
import { commonCodec, lookAtBoth, streamCount, type FactsOfBoth } from '../files/host-facts';
import { Way } from '../files/way';
import type { BlocksOptions } from './block-volume';
import { RoundProgress, type StillPoint } from './blocks-state';
import { ChunkSender } from './chunk-sender';
import { digestVolume } from './digest-volume';
import { heldStill } from './hold-still';
import { openVolume, type OpenVolume } from './open-volume';
import { requireBlockPrograms } from './require-block-programs';
import { VolumeRound, type RoundParts } from './round-volume';
import { isIntact, removeSnapshots, takeSnapshots, type Snapshot } from './snapshots';
import type { UsedChunks } from './used-chunks';
import { writtenBytes } from './written-bytes';

export interface BlockSyncResult {
  /** What a round would have to carry now, as far as what the source has written since this one began tells. */
  predicted: { files: number; bytes: number; seconds: number };
  copiedChunks: number;
  copiedBytes: number;
  /** In use at the source. */
  usedChunks: number;
  usedBytes: number;
  way: 'direct' | 'relay' | null;
}

/**
 * A round: brings what differs of the source's volumes to the target's, one after the other. While the source goes on (`still: false`) what
 * arrives is of many moments, and no filesystem that could be mounted. The round of a cutover (`still: true`) reads each volume as it was at one
 * moment, from a snapshot of LVM or, where there is none, while its filesystem is held still, at most so many seconds; and keeps what it was for
 * `verifyBlocks`. Killed at any moment it can be called again. Raises HOST_… errors.
 */
export async function syncBlocks(
  job: HostJob,
  options: BlocksOptions,
  still: boolean | { longestSeconds: number },
  signal: AbortSignal,
): Promise<BlockSyncResult> {
  const beganAt = performance.now();
  const { volumes, facts } = await prepare(job, options, still !== false, signal);
  try {
    const snapshots = still ? await takeSnapshots(job, options.source, volumes, signal) : [];
    return await round(job, options, { volumes, facts, snapshots, still, beganAt }, signal);
  } finally {
    // Also one that was made though its command failed. What cannot be taken away now, a next round or the release of the migration does.
    if (still) await removeSnapshots(options.source, job.migrationId, AbortSignal.timeout(REMOVE_MS)).catch(() => undefined);
  }
}

const REMOVE_MS = 120_000;

/** All at once: each is mostly a round trip. Raises when none of them goes on. */
async function prepare(
  job: HostJob,
  options: BlocksOptions,
  still: boolean,
  signal: AbortSignal,
): Promise<Pick<RoundOrder, 'volumes' | 'facts'>> {
  const { source, target } = options;
  const asked = [
    requireBlockPrograms(source, 'source', signal),
    requireBlockPrograms(target, 'target', signal),
    Promise.all(options.volumes.map((volume) => openVolume(options, volume, signal))),
    lookAtBoth(options, job.migrationId, signal),
    // Of a process that was killed. Where LVM does not answer, a round that needs none of it goes on.
    removeSnapshots(source, job.migrationId, signal).catch((error: unknown) => {
      if (still || signal.aborted) throw error;
    }),
  ] as const;
  // Each, in this order: what lacks programs may fail in what follows, too.
  const failed = (await Promise.allSettled(asked)).find((outcome) => outcome.status === 'rejected');
  if (failed) throw failed.reason;
  const [, , volumes, facts] = await Promise.all(asked);
  return { volumes, facts };
}

interface RoundOrder {
  volumes: readonly OpenVolume[];
  facts: FactsOfBoth;
  snapshots: readonly Snapshot[];
  still: boolean | { longestSeconds: number };
  /** By `performance.now()`. */
  beganAt: number;
}

async function round(
  job: HostJob,
  options: BlocksOptions,
  { volumes, facts, snapshots, still, beganAt }: RoundOrder,
  signal: AbortSignal,
): Promise<BlockSyncResult> {
  const streams = streamCount(job, facts);
  const lanes = [...volumes, ...snapshots.map(({ volume }) => volume)];
  const way = new Way({ job, sides: options, facts, lanes, apart: !still });
  try {
    const progress = await RoundProgress.open(job);
    // Before any filesystem is held: nothing is signed in to then. A first copy will need it, a later round perhaps.
    if (still) await way.open(signal);
    else if (!volumes.every(({ mount }) => progress.isWhole(mount))) way.open(signal).catch(() => undefined);
    const devices = volumes.map(({ sourceDevice }) => sourceDevice);
    const before = await writtenBytes(options.source, devices, signal);
    const sender = new ChunkSender({ job, carrier: way, codec: new CodecChoice(job.scope.compress, commonCodec(facts), streams) });
    const parts: RoundParts = { job, sides: options, sender, progress, streams };
    const total = { chunks: 0, bytes: 0 };
    const [found, digests]: [StillPoint['volumes'], BucketDigests] = [{}, new BucketDigests()];
    const snapshotOf = ({ mount }: OpenVolume) => snapshots.find(({ volume }) => volume.mount === mount);
    // The longer a snapshot waits, the more of its room is used.
    for (const volume of volumes.toSorted((a, b) => Number(!snapshotOf(a)) - Number(!snapshotOf(b)))) {
      const used = still
        ? await settleVolume(parts, { volume, snapshot: snapshotOf(volume), still }, digests, signal)
        : await new VolumeRound(parts, volume, signal).follow();
      found[volume.mount] = { bytes: used.bytes, used: used.serialize() };
      total.chunks += used.count;
      total.bytes += used.usedBytes;
    }
    await progress.endRound(still ? { volumes: found, digests: digests.serialize().toString('base64') } : null);
    const written = (await writtenBytes(options.source, devices, signal)) - before;
    const bytes = Math.min(Math.max(written, 0), total.bytes);
    const seconds = Math.ceil((performance.now() - beganAt) / 1_000);
    return {
      predicted: { files: Math.min(Math.ceil(bytes / MEAN_WRITE_BYTES), total.chunks), bytes, seconds },
      copiedChunks: sender.sent.chunks,
      copiedBytes: sender.sent.bytes,
      usedChunks: total.chunks,
      usedBytes: total.bytes,
      way: way.kind,
    };
  } finally {
    await way.close(false);
  }
}

/** Writes of a running system are small and lie apart: of so many bytes each one is reckoned to touch a chunk of its own. */
const MEAN_WRITE_BYTES = 64 * 1024;

interface StillVolume {
  volume: OpenVolume;
  snapshot: Snapshot | undefined;
  still: true | { longestSeconds: number };
}

type Settled = Awaited<ReturnType<VolumeRound['settle']>>;

async function settleVolume(parts: RoundParts, one: StillVolume, digests: BucketDigests, signal: AbortSignal): Promise<UsedChunks> {
  const fromSnapshot = one.snapshot ? await settleSnapshot(parts, one.snapshot, signal) : null;
  const settled = fromSnapshot ?? (await settleHeld(parts, one, signal));
  digests.merge(settled.digests);
  await parts.progress.endVolume(one.volume.mount);
  return settled.used;
}

/** Null: the source has overwritten more than the snapshot had room for. What was carried of it is looked at once more. */
async function settleSnapshot(parts: RoundParts, snapshot: Snapshot, signal: AbortSignal): Promise<Settled | null> {
  const { source } = parts.sides;
  const { mount } = snapshot.volume;
  try {
    const settled = await new VolumeRound(parts, snapshot.volume, signal).settle();
    if (await isIntact(source, snapshot, signal)) return settled;
  } catch (error) {
    signal.throwIfAborted();
    if (await isIntact(source, snapshot, signal)) throw error;
  }
  parts.job.warn('A snapshot had too little room for what was written meanwhile; its volume is held still instead.', { mount });
  return null;
}

/** A filesystem that cannot be held still (vfat) is written out, and read once more afterwards: it must be what it was. */
async function settleHeld(parts: RoundParts, { volume, still }: StillVolume, signal: AbortSignal): Promise<Settled> {
  const { source } = parts.sides;
  const { mount, sourceDevice: device } = volume;
  const work = async (held: boolean, within: AbortSignal) => {
    if (!held) await source.run(['sync'], { signal: within });
    const found = await new VolumeRound(parts, volume, within).settle();
    if (held) return found;
    await source.run(['sync'], { signal: within });
    const again = await digestVolume({ session: source, device, side: 'source' }, { mount, used: found.used }, within);
    if (!again.equals(found.digests)) throw restless(mount);
    return found;
  };
  await source.reserve(commandsBeside(parts.streams), signal);
  return heldStill(source, mount, signal, work, still === true ? {} : still);
}

/**
 * What runs at once at a source whose sshd may wait for its log: what holds it still, what hashes it, streams, what holds their connections to the
 * target, and what arranges or ends these.
 */
const commandsBeside = (streams: number): number => 2 * streams + 4;

function restless(mount: string): SmartantError {
  return new SmartantError('HOST_VOLUME_RESTLESS', `${mount} of the source cannot be held still, and was written to while it was read.`, {
    kind: 'unavailable',
    retry: { kind: 'backoff' },
    hint: 'It is tried again. Stop what writes there (--stop-service, stopServices).',
    details: { mount },
  });
}

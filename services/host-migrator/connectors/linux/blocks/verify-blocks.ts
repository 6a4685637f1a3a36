import { BUCKET_COUNT, BucketDigests, bucketOf } from '@smartant/proof';
import { SmartantError } from '@smartant/kernel';
import type { HostJob } from '../../../application/ports/host-engine';
import type { HostDifference, HostVerification } from '../../../domain/verification';
import type { BlocksOptions, BlockVolume, Chunk } from './block-volume';
import { loadBlocks } from './blocks-state';
import { hashPairs } from './chunk-hashes';
import { chunkKey } from './chunk-leaf';
import { digestVolume } from './digest-volume';
import { openVolume } from './open-volume';
import { UsedChunks } from './used-chunks';

/** Differences that are told; all are counted. */
const TOLD = 1_000;

interface Compared {
  volume: BlockVolume;
  used: UsedChunks;
}

/**
 * Reads the target's volumes anew and compares them with what the source's were while they were held still: every chunk that is in use. (The
 * source may have been written to since, by what no service stops.) Adds to the ledger's verified and different files, which are chunks here.
 * Raises HOST_NOT_HELD_STILL where no round has held the source still.
 */
export async function verifyBlocks(job: HostJob, options: BlocksOptions, signal: AbortSignal): Promise<HostVerification> {
  const { still } = await loadBlocks(job);
  const volumes: Compared[] = options.volumes.map((volume) => {
    const known = still?.volumes[volume.mount];
    if (!known) throw notStill(volume.mount);
    return { volume, used: UsedChunks.deserialize(known.bytes, known.used) };
  });
  const source = BucketDigests.deserialize(Buffer.from(still?.digests ?? '', 'base64'));
  const target = new BucketDigests();
  for (const { volume, used } of volumes) {
    const device = { session: options.target, device: volume.targetDevice, side: 'target' } as const;
    await job.admit(0, signal);
    target.merge(await digestVolume(device, { mount: volume.mount, used }, signal));
    job.count({ verifiedFiles: used.count, verifiedBytes: used.usedBytes });
  }
  const { told, count } = await differences(options, volumes, { source, target }, signal);
  job.count({ differentFiles: count });
  return {
    level: 'content',
    equal: source.equals(target),
    sourceFiles: source.objects,
    sourceBytes: source.bytes,
    targetFiles: target.objects,
    targetBytes: target.bytes,
    sourceRoot: source.root(),
    targetRoot: target.root(),
    bucketCount: BUCKET_COUNT,
    differences: told,
    differenceCount: count,
    waivedCount: 0,
  };
}

/** Which chunks differ: of the buckets that do, those that are not what the source has now. */
async function differences(
  options: BlocksOptions,
  volumes: readonly Compared[],
  { source, target }: { source: BucketDigests; target: BucketDigests },
  signal: AbortSignal,
): Promise<{ told: HostDifference[]; count: number }> {
  const buckets = new Set(source.differingBuckets(target));
  const told: HostDifference[] = [];
  let count = 0;
  const tell = (key: string, detail: string) => {
    count += 1;
    if (told.length < TOLD) told.push({ key, kind: 'content', detail, waived: false });
  };
  if (buckets.size === 0) return { told, count };
  for (const { volume, used } of volumes) {
    const { sourceDevice, targetDevice } = await openVolume(options, volume, signal);
    const devices = {
      source: { session: options.source, device: sourceDevice, side: 'source' },
      target: { session: options.target, device: targetDevice, side: 'target' },
    } as const;
    for await (const { chunk, source: here, target: there } of hashPairs(devices, () => suspectsOf(volume.mount, used, buckets), signal)) {
      if (here !== there) tell(chunkKey(volume.mount, chunk), 'it is not what the source has, which may have been written to since');
    }
  }
  if (count === 0)
    tell(volumes[0]?.volume.mount ?? '/', `chunks of ${buckets.size} buckets were something else while the source was held still`);
  return { told, count };
}

function* suspectsOf(mount: string, used: UsedChunks, buckets: ReadonlySet<number>): Generator<Chunk> {
  for (const chunk of used.chunks()) if (buckets.has(bucketOf(chunkKey(mount, chunk)))) yield chunk;
}

function notStill(mount: string): SmartantError {
  return new SmartantError(
    'HOST_NOT_HELD_STILL',
    `No round has held ${mount} of the source still: there is nothing to compare its target with.`,
    {
      kind: 'precondition',
      actor: 'bug',
      hint: 'Retry the cutover from its beginning; if it happens again, report it with the trace id.',
    },
  );
}

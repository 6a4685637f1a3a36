import { BucketDigests } from '@smartant/proof';
import type { HashedDevice } from './chunk-hashes';
import { hashChunks } from './chunk-hashes';
import { addChunk } from './chunk-leaf';
import type { UsedChunks } from './used-chunks';

/** Reads chunks of a device and adds up their leaves. Raises what `hashChunks` does. */
export async function digestVolume(
  device: HashedDevice,
  { mount, used }: { mount: string; used: UsedChunks },
  signal: AbortSignal,
): Promise<BucketDigests> {
  const digests = new BucketDigests();
  const hashes = hashChunks(device, used.chunks(), signal);
  for (const chunk of used.chunks()) {
    const { value, done } = await hashes.next();
    if (done) break;
    addChunk(digests, mount, chunk, value);
  }
  // Its end says whether all of it is true.
  await hashes.next();
  return digests;
}

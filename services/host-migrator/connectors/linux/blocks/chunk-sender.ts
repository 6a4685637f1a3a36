import type { HostJob } from '../../../application/ports/host-engine';
import type { Carrier } from '../files/carrier';
import type { CodecChoice } from '../files/codec-choice';
import { insist } from '../files/insist';
import { StreamSize } from '../files/shard';
import { transferError } from '../files/tar-commands';
import { CHUNK_BYTES, type Chunk } from './block-volume';
import { unreadError } from './chunk-hashes';
import type { OpenVolume } from './open-volume';

export interface ChunkSenderParts {
  job: Pick<HostJob, 'admit' | 'count' | 'warn'>;
  carrier: Carrier;
  codec: CodecChoice;
}

/** Read in one go, and admitted together. */
const RANGE_BYTES = 16 * 1024 * 1024;

/** The first streams, which try what compressing gains, are short. */
const FIRST_BYTES = 8 * CHUNK_BYTES;
const STREAM_MS = 8_000;

/** Carries chunks, each batch again on a new connection when its stream breaks. */
export class ChunkSender {
  readonly sent = { chunks: 0, bytes: 0 };
  private readonly size = new StreamSize(FIRST_BYTES, STREAM_MS);

  constructor(private readonly parts: ChunkSenderParts) {}

  /** How many chunks go into one stream. */
  get batchChunks(): number {
    return Math.floor(this.size.weight / CHUNK_BYTES);
  }

  /** Ascending. All are on the target's disk when it resolves. Raises HOST_TRANSFER_FAILED, HOST_VOLUME_UNREADABLE, HOST_TARGET_FULL. */
  async send(volume: OpenVolume, chunks: readonly Chunk[], signal: AbortSignal): Promise<void> {
    if (chunks.length === 0) return;
    const { job } = this.parts;
    await insist(job, { mount: volume.mount }, signal, () => this.sendOnce(volume, chunks, signal));
    const bytes = chunks.reduce((sum, chunk) => sum + chunk.bytes, 0);
    this.sent.chunks += chunks.length;
    this.sent.bytes += bytes;
    job.count({ copiedFiles: chunks.length, copiedBytes: bytes });
  }

  private async sendOnce(volume: OpenVolume, chunks: readonly Chunk[], signal: AbortSignal): Promise<void> {
    const { carrier, codec, job } = this.parts;
    const startedAt = performance.now();
    const chosen = codec.next();
    let [bytes, waitedMs] = [0, 0];
    const feed = paced(chunks, async (range) => {
      const at = performance.now();
      await job.admit(range, signal);
      waitedMs += performance.now() - at;
      bytes += range;
    });
    const { exitCode, stderr } = await carrier.carry(volume, feed, chosen, signal);
    const elapsedMs = performance.now() - startedAt - waitedMs;
    codec.saw(chosen, bytes, elapsedMs);
    this.size.saw(bytes, elapsedMs);
    if (exitCode === 0) return;
    const unread = unreadError({ side: 'source', device: volume.sourceDevice }, exitCode, stderr);
    throw unread.code === 'HOST_VOLUME_UNREADABLE' ? unread : transferError('source', exitCode, stderr);
  }
}

/** Ranges of chunks that follow each other, each when it is admitted, and the word that ends them. */
async function* paced(chunks: readonly Chunk[], admit: (bytes: number) => Promise<void>): AsyncGenerator<Buffer> {
  for (const { offset, bytes } of joined(chunks)) {
    await admit(bytes);
    yield Buffer.from(`${offset} ${bytes}\n`);
  }
  yield Buffer.from('end\n');
}

function* joined(chunks: readonly Chunk[]): Generator<{ offset: number; bytes: number }> {
  let range = { offset: 0, bytes: 0 };
  for (const { offset, bytes } of chunks) {
    if (range.bytes > 0 && offset === range.offset + range.bytes && range.bytes + bytes <= RANGE_BYTES) {
      range.bytes += bytes;
      continue;
    }
    if (range.bytes > 0) yield range;
    range = { offset, bytes };
  }
  if (range.bytes > 0) yield range;
}

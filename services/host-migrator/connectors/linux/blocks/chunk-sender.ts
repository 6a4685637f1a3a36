import type { HostJob } from '../../../application/ports/host-engine';
import type { Carrier } from '../files/carrier';
import type { CodecChoice } from '../files/codec-choice';
import { insist } from '../files/insist';
import { StreamSize } from '../files/shard';
import { transferError } from '../files/tar-commands';
import { CHUNK_BYTES, type Chunk } from './block-volume';
import { unreadError } from './chunk-hashes';
import type { OpenVolume } from './open-volume';
import { StreamFlow } from './stream-flow';

export interface ChunkSenderParts {
  job: Pick<HostJob, 'admit' | 'count' | 'warn'>;
  carrier: Carrier;
  codec: CodecChoice;
}

/** Read in one go, and admitted together. */
const RANGE_BYTES = 16 * 1024 * 1024;
/** Of a short stream, so that it tells how fast it goes. */
const LEAST_RANGES = 4;

/** What is carried again goes in halves, down to so many. */
const LEAST_CHUNKS = 8;

/** The first streams, which try what compressing gains, are short. */
const FIRST_BYTES = 8 * CHUNK_BYTES;
/**
 * A stream costs processes, a connection where none is held, and its sshd the memory of a window that fills (half a second of CPU at both ends);
 * one that breaks is carried again, and a round that is killed begins again with those that were under way.
 */
const STREAM_MS = 30_000;
const MOST_BYTES = 1024 * 1024 * 1024;

/** Carries chunks, each batch again on a new connection when its stream breaks. */
export class ChunkSender {
  readonly sent = { chunks: 0, bytes: 0 };
  private readonly size = new StreamSize(FIRST_BYTES, STREAM_MS, MOST_BYTES);

  constructor(private readonly parts: ChunkSenderParts) {}

  /** How many chunks go into one stream. */
  get batchChunks(): number {
    const bytes = this.parts.codec.triesNext ? FIRST_BYTES : this.size.weight;
    return Math.floor(bytes / CHUNK_BYTES);
  }

  /** Ascending. All are on the target's disk when it resolves. Raises HOST_TRANSFER_FAILED, HOST_VOLUME_UNREADABLE, HOST_TARGET_FULL. */
  async send(volume: OpenVolume, chunks: readonly Chunk[], signal: AbortSignal): Promise<void> {
    if (chunks.length === 0) return;
    const { job } = this.parts;
    let [rest, most] = [chunks, chunks.length];
    await insist(job, { mount: volume.mount }, signal, async () => {
      for (; rest.length > 0; rest = rest.slice(most)) {
        try {
          await this.sendOnce(volume, rest.slice(0, most), signal);
        } catch (error) {
          most = Math.max(Math.ceil(most / 2), LEAST_CHUNKS);
          throw error;
        }
      }
    });
    const bytes = chunks.reduce((sum, chunk) => sum + chunk.bytes, 0);
    this.sent.chunks += chunks.length;
    this.sent.bytes += bytes;
    job.count({ copiedFiles: chunks.length, copiedBytes: bytes });
  }

  private async sendOnce(volume: OpenVolume, chunks: readonly Chunk[], signal: AbortSignal): Promise<void> {
    const { carrier, codec, job } = this.parts;
    const startedAt = performance.now();
    const chosen = codec.next();
    const flow = new StreamFlow();
    let [bytes, waitedMs] = [0, 0];
    const feed = paced(chunks, async (range) => {
      const at = performance.now();
      await job.admit(range, signal);
      const ms = performance.now() - at;
      flow.waited(ms);
      waitedMs += ms;
      bytes += range;
    });
    const carrying = carrier.carry(volume, feed, chosen, signal, (piece) => flow.said(piece));
    const { exitCode, stderr } = await this.size.watch(carrying);
    const elapsedMs = flow.millisecondsFor(bytes) ?? performance.now() - startedAt - waitedMs;
    codec.saw(chosen, bytes, elapsedMs);
    this.size.saw(bytes, elapsedMs + waitedMs);
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
  const most = Math.min(RANGE_BYTES, Math.ceil(chunks.length / LEAST_RANGES) * CHUNK_BYTES);
  let range = { offset: 0, bytes: 0 };
  for (const { offset, bytes } of chunks) {
    if (range.bytes > 0 && offset === range.offset + range.bytes && range.bytes + bytes <= most) {
      range.bytes += bytes;
      continue;
    }
    if (range.bytes > 0) yield range;
    range = { offset, bytes };
  }
  if (range.bytes > 0) yield range;
}

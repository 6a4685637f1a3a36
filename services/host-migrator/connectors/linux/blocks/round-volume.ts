import { BucketDigests } from '@smartant/proof';
import type { HostJob } from '../../../application/ports/host-engine';
import type { Sides } from '../files/host-facts';
import { WorkPool } from '../files/work-pool';
import type { Chunk } from './block-volume';
import { DoneStretches, type RoundProgress } from './blocks-state';
import { hashPairs } from './chunk-hashes';
import { addChunk } from './chunk-leaf';
import type { ChunkSender } from './chunk-sender';
import type { OpenVolume } from './open-volume';
import { readUsedChunks } from './read-used-chunks';
import { UsedChunks } from './used-chunks';

export interface RoundParts {
  job: HostJob;
  sides: Sides;
  sender: ChunkSender;
  progress: RoundProgress;
  streams: number;
}

/** Looked at before it is noted how far that has come. */
const STRETCH_CHUNKS = 256;

interface Judged {
  chunk: Chunk;
  differs: boolean;
}

/** Of one stream while the source is held still, which nobody's stream may make much longer: 256 MiB. */
const STILL_CHUNKS = 64;

/** One volume in one round: what is in use at the source is brought to the target, where it is not there already. */
export class VolumeRound {
  private readonly failed = new AbortController();
  private readonly signal: AbortSignal;
  private readonly pool: WorkPool;
  private readonly digests = new BucketDigests();

  constructor(
    private readonly parts: RoundParts,
    private readonly volume: OpenVolume,
    signal: AbortSignal,
  ) {
    this.signal = AbortSignal.any([signal, this.failed.signal]);
    this.pool = new WorkPool(parts.streams, (error) => this.failed.abort(error));
  }

  /** While the source goes on. What an attempt before this one has brought is not looked at again; of the first copy nothing is compared. */
  async follow(): Promise<UsedChunks> {
    const { progress } = this.parts;
    const { mount } = this.volume;
    const used = await this.usedChunks();
    const from = progress.reachedOf(mount);
    const first = !progress.isWhole(mount);
    await this.carry(first ? whole(used, from) : this.compared(used, from), used, from, first ? used.countOf(from) : undefined);
    await progress.endVolume(mount);
    return used;
  }

  /** While the source is held still: everything is compared, and what it was is told. */
  async settle(): Promise<{ used: UsedChunks; digests: BucketDigests }> {
    const used = await this.usedChunks();
    await this.carry(this.compared(used, 0), used, null);
    return { used, digests: this.digests };
  }

  private async usedChunks(): Promise<UsedChunks> {
    const { job, sides } = this.parts;
    const { type, sourceDevice: device, bytes, mount } = this.volume;
    const known = await readUsedChunks(sides.source, { type, device, bytes }, this.signal);
    if (!known) job.info('Which blocks of a volume are in use is not known: all are carried.', { mount, type });
    const used = known ?? UsedChunks.all(bytes);
    job.count({ listedFiles: used.count, listedBytes: used.usedBytes });
    return used;
  }

  /** `from`: of what is noted as done when it is; null: nothing is. `all`: how many are to be carried, if that is known. */
  private async carry(judged: AsyncIterable<Judged>, { total }: UsedChunks, from: number | null, all = Infinity): Promise<void> {
    const { sender, streams } = this.parts;
    // Else one stream would go on alone for long where few are enough for everything.
    const share = from === null ? STILL_CHUNKS : Math.ceil(all / streams);
    const stretches = new DoneStretches(from ?? 0);
    let [begin, looked] = [from ?? 0, 0];
    let batch: Chunk[] = [];
    const isFull = () => batch.length >= Math.min(sender.batchChunks, share);
    const flush = (end: number) => {
      const [chunks, since] = [batch, begin];
      [batch, begin, looked] = [[], end, 0];
      return this.pool.add(async () => {
        await sender.send(this.volume, chunks, this.signal);
        const reached = stretches.done(since, end);
        if (from !== null && reached !== null) await this.parts.progress.reach(this.volume.mount, reached);
      });
    };
    try {
      for await (const { chunk, differs } of judged) {
        looked += 1;
        if (differs) batch.push(chunk);
        else this.parts.job.count({ unchangedFiles: 1 });
        // How much one takes is known best when it begins.
        if (isFull()) await this.pool.room();
        if (isFull() || looked === STRETCH_CHUNKS) await flush(chunk.index + 1);
      }
      await flush(total);
      await this.pool.drain();
    } catch (error) {
      // Of several failures the first one says why; what else runs ends with it.
      const reason: unknown = this.failed.signal.aborted ? this.failed.signal.reason : error;
      this.failed.abort(reason);
      await this.pool.drain().catch(() => undefined);
      throw reason;
    }
  }

  private async *compared(used: UsedChunks, from: number): AsyncGenerator<Judged> {
    const { sides } = this.parts;
    const { sourceDevice, targetDevice, mount } = this.volume;
    const devices = {
      source: { session: sides.source, device: sourceDevice, side: 'source' },
      target: { session: sides.target, device: targetDevice, side: 'target' },
    } as const;
    for await (const { chunk, source, target } of hashPairs(devices, () => used.chunks(from), this.signal)) {
      addChunk(this.digests, mount, chunk, source);
      yield { chunk, differs: source !== target };
    }
  }
}

async function* whole(used: UsedChunks, from: number): AsyncGenerator<Judged> {
  for (const chunk of used.chunks(from)) yield { chunk, differs: true };
}

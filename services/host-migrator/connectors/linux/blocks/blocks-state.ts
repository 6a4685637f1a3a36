import type { HostJob } from '../../../application/ports/host-engine';

/** What the volumes were while the last round of a cutover held each of them still: what their targets have to be. */
export interface StillPoint {
  /** By mount point: the size of the source's device, and which chunks were compared (`UsedChunks`). */
  volumes: Record<string, { bytes: number; used: string }>;
  /** `BucketDigests` over the leaves of all those chunks, in base64. */
  digests: string;
}

/** What is kept of a migration's rounds, by mount points. */
export interface BlocksState {
  /** Volumes that have been carried once from their beginning to their end. */
  whole: string[];
  /** Of the round that has not ended: chunks before this one are done. */
  reached: Record<string, number>;
  /** Null: no round has held the source still. */
  still: StillPoint | null;
}

const NAME = 'blocks';

export async function loadBlocks(job: Pick<HostJob, 'state'>): Promise<BlocksState> {
  const stored = (await job.state.load())[NAME] as Partial<BlocksState> | undefined;
  return { whole: [], reached: {}, still: null, ...stored };
}

async function saveBlocks(job: Pick<HostJob, 'state'>, state: BlocksState): Promise<void> {
  await job.state.save({ [NAME]: state });
}

/** The target's volumes were made anew: nothing is there. */
export async function forgetBlocks(job: Pick<HostJob, 'state'>): Promise<void> {
  await saveBlocks(job, { whole: [], reached: {}, still: null });
}

/** How far a round has come. Batches are done in any order; what is kept is up to where all are. */
export class RoundProgress {
  private saving: Promise<void> = Promise.resolve();

  private constructor(
    private readonly job: Pick<HostJob, 'state'>,
    private readonly state: BlocksState,
  ) {}

  static async open(job: Pick<HostJob, 'state'>): Promise<RoundProgress> {
    return new RoundProgress(job, await loadBlocks(job));
  }

  isWhole(mount: string): boolean {
    return this.state.whole.includes(mount);
  }

  reachedOf(mount: string): number {
    return this.state.reached[mount] ?? 0;
  }

  /** Resolves when it is kept. */
  async reach(mount: string, chunk: number): Promise<void> {
    this.state.reached[mount] = chunk;
    await this.save();
  }

  async endVolume(mount: string): Promise<void> {
    if (!this.isWhole(mount)) this.state.whole.push(mount);
    await this.save();
  }

  /** What is found from now on is another round's. `still`: null of a round that the source went on in. */
  async endRound(still: StillPoint | null): Promise<void> {
    this.state.reached = {};
    this.state.still = still;
    await this.save();
  }

  private save(): Promise<void> {
    return (this.saving = this.saving.then(() => saveBlocks(this.job, this.state)));
  }
}

/** Marks stretches of chunks that are done, in whatever order, and tells up to where all are. */
export class DoneStretches {
  private readonly waiting = new Map<number, number>();

  constructor(private upTo: number) {}

  /** From the end of the stretch before (or where it was begun) to its own. Gives up to where all is done, or null: no farther than before. */
  done(from: number, to: number): number | null {
    this.waiting.set(from, to);
    const before = this.upTo;
    for (let next = this.waiting.get(this.upTo); next !== undefined; next = this.waiting.get(this.upTo)) {
      this.waiting.delete(this.upTo);
      this.upTo = next;
    }
    return this.upTo === before ? null : this.upTo;
  }
}

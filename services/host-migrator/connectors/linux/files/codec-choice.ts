import type { Codec } from './carrier';

/** Shards of less weight say more about connecting than about the link. */
const MEASURED_BYTES = 4 * 1024 * 1024;
/** So much faster it has to be: what is measured swings. */
const MARGIN = 1.15;
/** Links and loads change: after so many shards the other way is tried again. */
const TRY_AGAIN_AFTER = 64;
/** A first trial that was not heard of for so many shards has failed, and is made again. */
const UNHEARD_AFTER = 8;
/** Of a new figure in the running mean. */
const WEIGHT = 0.5;
/** Of all streams together, in a millisecond: more than a gigabit link takes. What is compressed then costs more than it saves. */
const FAST_BYTES = (160 * 1024 * 1024) / 1_000;

/**
 * Whether streams are compressed, by what each way has really carried in a second. The first shards go plain. Where that is faster than
 * compressing could be worth it stays so; else one is compressed, and then it is whichever is faster.
 */
export class CodecChoice {
  private readonly speeds = new Map<Codec, number>();
  private sinceTried = Infinity;

  constructor(
    private readonly mode: 'auto' | 'always' | 'never',
    /** What both sides have; `none`: nothing to choose. */
    private readonly packed: Codec,
    /** At once. */
    private readonly streams: number,
  ) {}

  /** Whether the next shard tries the other way: one at a time, and a small one tells as much. */
  get triesNext(): boolean {
    const [plain, packed] = [this.speeds.get('none'), this.speeds.get(this.packed)];
    if (this.mode !== 'auto' || this.packed === 'none' || plain === undefined) return false;
    if (packed === undefined) return plain * this.streams <= FAST_BYTES && this.sinceTried >= UNHEARD_AFTER;
    return this.sinceTried >= TRY_AGAIN_AFTER - 1;
  }

  next(): Codec {
    if (this.mode === 'never' || this.packed === 'none') return 'none';
    if (this.mode === 'always') return this.packed;
    const [plain, packed] = [this.speeds.get('none'), this.speeds.get(this.packed)];
    const faster = plain !== undefined && packed !== undefined && packed > plain * MARGIN ? this.packed : 'none';
    if (!this.triesNext) {
      this.sinceTried += 1;
      return faster;
    }
    this.sinceTried = 0;
    return faster === 'none' ? this.packed : 'none';
  }

  /** A shard of so much weight (its bytes, and what its files cost beside them, as bytes) took so long. */
  saw(codec: Codec, weight: number, elapsedMs: number): void {
    if (weight < MEASURED_BYTES) return;
    const speed = weight / Math.max(elapsedMs, 1);
    const known = this.speeds.get(codec);
    this.speeds.set(codec, known === undefined ? speed : known * (1 - WEIGHT) + speed * WEIGHT);
  }
}

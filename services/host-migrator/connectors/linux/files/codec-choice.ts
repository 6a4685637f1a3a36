import type { Codec } from './carrier';

/** Shards of fewer bytes say more about connecting than about the link. */
const MEASURED_BYTES = 4 * 1024 * 1024;
/** So much faster it has to be: what is measured swings. */
const MARGIN = 1.15;
/** Links and loads change: after so many shards the other way is tried again. */
const TRY_AGAIN_AFTER = 64;
/** Of a new figure in the running mean. */
const WEIGHT = 0.5;

/**
 * Whether streams are compressed, by what each way has really carried in a second of files' bytes. The first shard goes plain, the next one
 * compressed, then whichever is faster: on a fast network compressing costs more time than it saves.
 */
export class CodecChoice {
  private readonly speeds = new Map<Codec, number>();
  private sinceTried = 0;

  constructor(
    private readonly mode: 'auto' | 'always' | 'never',
    /** What both sides have; `none`: nothing to choose. */
    private readonly packed: Codec,
  ) {}

  next(): Codec {
    if (this.mode === 'never' || this.packed === 'none') return 'none';
    if (this.mode === 'always') return this.packed;
    const plain = this.speeds.get('none');
    if (plain === undefined) return 'none';
    const packed = this.speeds.get(this.packed);
    const faster = packed !== undefined && packed > plain * MARGIN ? this.packed : 'none';
    this.sinceTried += 1;
    if (packed !== undefined && this.sinceTried < TRY_AGAIN_AFTER) return faster;
    this.sinceTried = 0;
    return packed === undefined || faster === 'none' ? this.packed : 'none';
  }

  /** A shard of so many bytes of files took so long. */
  saw(codec: Codec, bytes: number, elapsedMs: number): void {
    if (bytes < MEASURED_BYTES) return;
    const speed = bytes / Math.max(elapsedMs, 1);
    const known = this.speeds.get(codec);
    this.speeds.set(codec, known === undefined ? speed : known * (1 - WEIGHT) + speed * WEIGHT);
  }
}

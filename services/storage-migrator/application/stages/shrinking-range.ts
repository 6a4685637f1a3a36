import type { KeyRange, StorageReader } from '@smartant/connectors';
import { compareUtf8 } from '@smartant/kernel';
import type { HeldShard, Json } from '@smartant/shards';

export interface ShrinkingRangeOptions {
  shard: Pick<HeldShard, 'claim' | 'onHelpWanted' | 'split' | 'signal'>;
  /** What is left to be walked. */
  range: KeyRange;
  reader: Pick<StorageReader, 'findSplit'>;
}

/**
 * The end of a range, which may come nearer while the range is walked: when idle workers could help, what is not listed yet
 * is halved, and the far half becomes a shard of its own. No key is walked twice and none is left out: while a split is
 * being written, the walk waits at its key; and where the outcome of the write is not known, the walk ends there.
 */
export class ShrinkingRange {
  private end: string | undefined;
  private walked: string | undefined;
  /** Keys above it wait for the split that is being written. */
  private barrier: string | undefined;
  private ended = false;
  private splitting: Promise<void> | undefined;

  constructor(private readonly options: ShrinkingRangeOptions) {
    this.end = options.range.through;
    this.walked = options.range.after;
    options.shard.onHelpWanted(() => this.begin());
  }

  /** Whether a key, the next one in ascending order, is still this shard's. Raises what a split raised. */
  async admits(key: string): Promise<boolean> {
    if (this.barrier !== undefined && compareUtf8(key, this.barrier) > 0) await this.splitting;
    if (this.end !== undefined && compareUtf8(key, this.end) > 0) return false;
    // An unreadable folder is told although its own key may come before the range.
    if (this.walked === undefined || compareUtf8(key, this.walked) > 0) this.walked = key;
    return true;
  }

  /** Through which key the shard has gone, once the walk has ended; no split is under way then. */
  async through(): Promise<string | undefined> {
    this.ended = true;
    await this.splitting;
    return this.end;
  }

  /** Also while the walk stands still, as at an object that takes hours. */
  private begin(): void {
    if (this.splitting || this.ended) return;
    const splitting = this.split();
    this.splitting = splitting;
    splitting.then(
      () => (this.splitting = undefined),
      // Kept: whoever asks next is told.
      () => undefined,
    );
  }

  private async split(): Promise<void> {
    const { shard } = this.options;
    const at = await this.middle();
    if (at === null) return;
    // The walk went on meanwhile: what it has passed cannot be given away.
    if (this.walked !== undefined && compareUtf8(at, this.walked) <= 0) return;
    this.barrier = at;
    const { after } = (shard.claim.range ?? {}) as KeyRange;
    await shard.split(asJson({ after, through: at }), asJson({ after: at, through: this.end }));
    this.end = at;
    this.barrier = undefined;
  }

  /** Null also when the store would not say: help is not worth a failure. */
  private async middle(): Promise<string | null> {
    const { shard, reader } = this.options;
    try {
      return (await reader.findSplit?.({ after: this.walked, through: this.end }, shard.signal)) ?? null;
    } catch {
      return null;
    }
  }
}

function asJson({ after, through }: KeyRange): Json {
  return { ...(after === undefined ? {} : { after }), ...(through === undefined ? {} : { through }) };
}

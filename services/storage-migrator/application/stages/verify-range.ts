import { BucketDigests, InventoryDigest } from '@smartant/proof';
import type { HeldShard } from '@smartant/shards';
import { compareUtf8 } from '@smartant/kernel';
import { mergeJoin, type JoinedKey } from '../../domain/merge-join';
import { unknownBelow } from '../../domain/plan-sync';
import type { Difference } from '../../domain/run';
import type { StorageDelta } from '../../domain/storage-ledger';
import { verifyObject, type VerifiedKey } from '../objects/verify-object';
import type { Tx } from '../ports/stores';
import type { RunContext } from '../runs/run-context';
import { RangeWalk } from './range-walk';
import { ShrinkingRange } from './shrinking-range';
import { remainingRange, type StageTools, type StageWork } from './stage';
import { policyFor, type ShardPolicy } from './sync-policy';

interface VerifyNote {
  inventory?: { key: string; changeId: string };
  verified?: VerifiedKey;
  /** The difference is on record and explained: its leaves stay out of both sums. */
  waived?: boolean;
}

/** Digest states are up to 128 KiB a side, so verification checkpoints less often than copying. */
const CHECKPOINT_MS = 5_000;

/** Lists both sides of a range afresh, digests every object at both and adds the leaves up. */
export const verifyRange: StageWork = async (shard, context, tools) => {
  const verification = new RangeVerification(shard, context, tools);
  await verification.load();
  await verification.run();
};

class RangeVerification {
  private source = new BucketDigests();
  private target = new BucketDigests();
  private inventory = new InventoryDigest();
  /** A folder of the source that cannot be listed: what the target has below it is compared with nothing. */
  private unknown: string | undefined;

  constructor(
    private readonly shard: HeldShard,
    private readonly context: RunContext,
    private readonly tools: StageTools,
  ) {}

  /** Goes on with the sums of the last checkpoint. */
  async load(): Promise<void> {
    const { proof } = this.tools.stores;
    const { shardId } = this.shard.claim;
    const [source, target, inventory] = await Promise.all(
      (['source', 'target', 'inventory'] as const).map((kind) => proof.loadDigest(this.tools.unitOfWork, shardId, kind)),
    );
    if (source) this.source = BucketDigests.deserialize(source);
    if (target) this.target = BucketDigests.deserialize(target);
    if (inventory) this.inventory = InventoryDigest.deserialize(inventory);
  }

  async run(): Promise<void> {
    const { shard, context, tools } = this;
    const range = remainingRange(shard);
    const policy = await policyFor(range, context, tools);
    const walk = new RangeWalk<VerifyNote>({
      shard,
      context,
      save: (through, notes) => this.save(through, notes),
      checkpointMs: CHECKPOINT_MS,
    });
    const rest = new ShrinkingRange({ shard, range, reader: context.source.reader });
    await walk.finish(async (signal) => {
      const [source, target] = [context.source.reader.list(range, signal), context.target.reader.list(range, signal)];
      for await (const joined of mergeJoin(source, target)) {
        signal.throwIfAborted();
        if (!(await rest.admits(joined.key))) break;
        await this.start(joined, policy, walk);
      }
    });
    await shard.complete(
      { position: { through: (await rest.through()) ?? null }, ledger: {} },
      { onLast: (tx) => tools.advance(tx, context, 'verify') },
    );
  }

  private async start(joined: JoinedKey, policy: ShardPolicy, walk: RangeWalk<VerifyNote>): Promise<void> {
    const { key, source, target } = joined;
    this.unknown = unknownBelow(joined, this.unknown);
    if (source?.unreadable) return this.unverified(key, source.unreadable, policy, walk);
    if (this.unknown !== undefined) return;
    if (!inScope(joined, policy)) return;
    const inventory = source && { key, changeId: source.changeId };
    // What the source can't give is in the ledger since the sync; there is nothing to compare.
    if (source?.skip) return walk.pass(key, {}, [{ inventory }]);
    await walk.run(key, async (signal) => {
      const verified = await this.tools.observer.unit('verify object', { 'smartant.key': key }, () =>
        verifyObject({ key, source, target }, this.context, signal),
      );
      const waived = verified.difference !== undefined && policy.isWaived(key);
      if (verified.difference) this.report(verified.difference, waived);
      return { delta: deltaOf(verified, waived), notes: [{ inventory, verified, waived }] };
    });
  }

  /** Counted where the folder's own key is in the range; others leave out what is below it all the same. */
  private async unverified(key: string, { code }: { code: string }, policy: ShardPolicy, walk: RangeWalk<VerifyNote>): Promise<void> {
    const { after } = remainingRange(this.shard);
    if (!policy.filter.mayAcceptBelow(key) || (after !== undefined && compareUtf8(key, after) <= 0)) return;
    const waived = policy.isWaived(key);
    const difference = { key, kind: 'content', detail: `nothing below this folder could be listed: ${code}` } as const;
    this.report(difference, waived);
    const verified: VerifiedKey = { key, difference };
    return walk.pass(key, deltaOf(verified, waived), [{ verified, waived }]);
  }

  private report(difference: Omit<Difference, 'waived'>, waived: boolean): void {
    this.tools.observer.objects('different', 1);
    this.tools.observer.warn('object differs', { 'smartant.key': difference.key, kind: difference.kind, waived });
  }

  private save(through: string, notes: VerifyNote[]) {
    const differences: Difference[] = [];
    for (const { inventory, verified, waived = false } of notes) {
      if (inventory) this.inventory.add(inventory.key, inventory.changeId);
      if (verified?.difference) differences.push({ ...verified.difference, waived });
      if (!verified || waived) continue;
      if (verified.source) this.source.add(verified.key, verified.source.digest, verified.source.size);
      if (verified.target) this.target.add(verified.key, verified.target.digest, verified.target.size);
    }
    const states = { source: this.source.serialize(), target: this.target.serialize(), inventory: this.inventory.serialize() };
    const also = async (tx: Tx): Promise<void> => {
      const { proof } = this.tools.stores;
      const { run } = this.context;
      for (const kind of ['source', 'target', 'inventory'] as const) {
        await proof.saveDigest(tx, run.runId, this.shard.claim.shardId, kind, states[kind]);
      }
      if (differences.length > 0) await proof.addDifferences(tx, run, differences);
    };
    return { position: { through }, also };
  }
}

/** Extras count only where the target is meant to equal the source; what a filter leaves out never counts. */
function inScope({ source, target }: JoinedKey, policy: ShardPolicy): boolean {
  if (source) return policy.filter.accepts(source);
  // The marker of the target's own prefix is no key below it.
  return target !== undefined && target.key !== '' && policy.extras === 'propagate' && policy.filter.accepts(target);
}

function deltaOf({ source, target, difference }: VerifiedKey, waived: boolean): StorageDelta {
  if (!difference) return source && target ? { verifiedObjects: 1, verifiedBytes: source.size } : {};
  return waived ? { waivedObjects: 1 } : { differentObjects: 1 };
}

import { compareUtf8, SmartantError } from '@smartant/kernel';
import { InventoryDigest } from '@smartant/proof';
import type { HeldShard } from '@smartant/shards';
import { planSync, type SkipAction, type SourceAction, type SyncAction } from '../../domain/plan-sync';
import { FOLDER_UNREADABLE } from '../../domain/run';
import { skippedDelta, type StorageDelta } from '../../domain/storage-ledger';
import { CopyObject } from '../objects/copy-object';
import type { RunContext } from '../runs/run-context';
import { quarantine } from './quarantine';
import { RangeWalk, type UnitOutcome } from './range-walk';
import { ShrinkingRange } from './shrinking-range';
import { remainingRange, type StageTools, type StageWork } from './stage';
import { isHeldBack, policyFor, type ShardPolicy } from './sync-policy';
import { uploadTools } from './upload-tools';

/** What the inventory digest takes up of one object. */
type InventoryNote = [key: string, changeId: string];

/** Makes the target equal to the source in one key range; deletes are only counted. */
export const syncRange: StageWork = async (shard, context, tools) => {
  const range = remainingRange(shard);
  const policy = await policyFor(range, context, tools);
  const copier = new CopyObject(uploadTools(tools).multipart, shard, context, policy, () => walk.progressed());
  const inventory = context.run.phase === 'cutover' ? await loadInventory(shard, tools) : null;
  const sync = new RangeSync(shard, context, tools, policy, copier, inventory, range.after);
  const walk = new RangeWalk<InventoryNote>({ shard, context, save: (through, notes) => sync.save(through, notes) });
  const rest = new ShrinkingRange({ shard, range, reader: context.source.reader });
  await walk.finish(async (signal) => {
    const [source, target] = [context.source.reader.list(range, signal), context.target.reader.list(range, signal)];
    for await (const action of planSync(source, target, policy)) {
      signal.throwIfAborted();
      if (!(await rest.admits(action.key))) break;
      await sync.start(action, walk);
    }
  });
  await shard.complete(
    { position: { through: (await rest.through()) ?? null }, ledger: {} },
    { onLast: (tx) => tools.advance(tx, context, 'sync') },
  );
};

async function loadInventory(shard: HeldShard, tools: StageTools): Promise<InventoryDigest> {
  const state = await tools.stores.proof.loadDigest(tools.unitOfWork, shard.claim.shardId, 'inventory');
  return state ? InventoryDigest.deserialize(state) : new InventoryDigest();
}

class RangeSync {
  constructor(
    private readonly shard: HeldShard,
    private readonly context: RunContext,
    private readonly tools: StageTools,
    private readonly policy: ShardPolicy,
    private readonly copier: CopyObject,
    /** Cutover only: what the source listed, to be compared with the listing of the verification. */
    private readonly inventory: InventoryDigest | null,
    private readonly after: string | undefined,
  ) {}

  async start(action: SyncAction, walk: RangeWalk<InventoryNote>): Promise<void> {
    const { key } = action;
    if ('source' in action && action.source.unreadable) return this.setAside(action, walk);
    if ('source' in action) await this.readAgain(key);
    if (action.kind === 'delete') return walk.pass(key, isHeldBack(key, this.policy) ? {} : { deleteCandidates: 1 });
    if (action.kind === 'keep-extra') return walk.pass(key, { keptExtraObjects: 1 });
    const notes: InventoryNote[] = this.inventory ? [[key, action.source.changeId]] : [];
    const listed = { listedObjects: 1, listedBytes: action.source.size };
    if (action.kind === 'skip') return walk.pass(key, { ...listed, ...skippedDelta(action.code) }, notes);
    const knownFailure = this.policy.failures.has(key);
    if (action.kind === 'unchanged' && !knownFailure) {
      return walk.pass(key, { ...listed, unchangedObjects: 1, unchangedBytes: action.source.size }, notes);
    }
    if (action.kind === 'unreadable') return;
    await walk.run(key, async (signal): Promise<UnitOutcome<InventoryNote>> => {
      const delta = await this.settle(action, knownFailure, signal);
      return { delta: { ...listed, ...delta }, notes };
    });
  }

  /** A folder that cannot be read: one unit, however much is below it. The shard in whose range its own key is records it. */
  private async setAside({ kind, key, ...action }: SyncAction, walk: RangeWalk<InventoryNote>): Promise<void> {
    if (this.after !== undefined && compareUtf8(key, this.after) <= 0) return;
    if (kind === 'skip') return walk.pass(key, skippedDelta('WAIVED'));
    const reason = 'reason' in action ? action.reason : '';
    const error = new SmartantError(FOLDER_UNREADABLE, `Nothing below this folder could be listed. ${reason}`, {
      kind: 'forbidden',
      actor: 'operator',
      hint: 'Let the service’s user read the folder and retry, exclude it, or waive it.',
    });
    await quarantine(key, { error, attempts: 1 }, this.shard, this.context, this.tools);
    return walk.pass(key, { quarantinedObjects: 1 });
  }

  /** A key below a folder that could not be read before: it can be now. */
  private async readAgain(key: string): Promise<void> {
    for (const [folder, state] of this.policy.unreadable) {
      if (state === 'waived' || !key.startsWith(folder)) continue;
      await this.tools.stores.failures.resolve(this.tools.unitOfWork, this.context.run.migrationId, folder);
      this.policy.unreadable.delete(folder);
    }
  }

  private async settle(action: Exclude<SourceAction, SkipAction>, knownFailure: boolean, signal: AbortSignal): Promise<StorageDelta> {
    const { key, source } = action;
    const { tools, context, shard } = this;
    if (action.kind === 'refuse') {
      const error = new SmartantError(action.code, action.reason, { kind: 'invalid', hint: 'Rename or exclude the object, or waive it.' });
      await quarantine(key, { error, attempts: 1 }, shard, context, tools);
      return { quarantinedObjects: 1 };
    }
    let delta: StorageDelta = { unchangedObjects: 1, unchangedBytes: source.size };
    if (action.kind !== 'unchanged') {
      const outcome = await tools.observer.unit('copy object', { 'smartant.key': key, 'smartant.bytes': source.size }, () =>
        this.copier.copy(action, signal),
      );
      if ('error' in outcome) {
        await quarantine(key, outcome, shard, context, tools);
        return { quarantinedObjects: 1 };
      }
      delta = outcome.delta;
      if (delta.copiedObjects) tools.observer.objects('copied', 1);
    }
    if (knownFailure) await tools.stores.failures.resolve(tools.unitOfWork, context.run.migrationId, key);
    return delta;
  }

  save(through: string, notes: InventoryNote[]) {
    const { inventory, shard, context, tools } = this;
    const position = { through };
    if (!inventory) return { position };
    for (const [key, changeId] of notes) inventory.add(key, changeId);
    const state = inventory.serialize();
    return {
      position,
      also: (tx: Parameters<typeof tools.stores.proof.saveDigest>[0]) =>
        tools.stores.proof.saveDigest(tx, context.run.runId, shard.claim.shardId, 'inventory', state),
    };
  }
}

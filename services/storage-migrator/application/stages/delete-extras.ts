import type { ListedObject, StorageWriter } from '@smartant/connectors';
import { compareUtf8, SmartantError } from '@smartant/kernel';
import type { HeldShard } from '@smartant/shards';
import { planSync } from '../../domain/plan-sync';
import { leaseGuard } from '../objects/lease-guard';
import type { RunContext } from '../runs/run-context';
import { quarantine } from './quarantine';
import { ShrinkingRange } from './shrinking-range';
import { remainingRange, type RangePosition, type StageTools, type StageWork } from './stage';
import { isHeldBack, policyFor, type ShardPolicy } from './sync-policy';

/** What one request of S3 may delete is 1,000; a batch is also what a crash can leave half done. */
const BATCH = 500;

interface DeletePosition extends RangePosition {
  /** Keys whose deletion was reserved and begun: after a crash, those that are gone count as deleted. */
  pending?: string[];
}

/**
 * Deletes what the target has and the source has not, in a range in which the sync stage has counted such objects. Both
 * sides are listed afresh, so a key that has come back is left alone. Before a batch is deleted it is reserved in the
 * run's ledger: all shards together never delete more than the limit.
 */
export const deleteExtras: StageWork = async (shard, context, tools) => {
  await new ExtrasOfRange(shard, context, tools).run();
};

class ExtrasOfRange {
  private readonly reserved: Set<string>;
  private readonly writer: StorageWriter;

  constructor(
    private readonly shard: HeldShard,
    private readonly context: RunContext,
    private readonly tools: StageTools,
  ) {
    this.reserved = new Set((shard.claim.position as DeletePosition | null)?.pending ?? []);
    this.writer = context.writer.guardedBy(leaseGuard(shard));
  }

  async run(): Promise<void> {
    const { shard, context, tools } = this;
    const range = remainingRange(shard);
    const policy = await policyFor(range, context, tools);
    const { signal } = shard;
    let batch: ListedObject[] = [];
    let before = range.after;
    const rest = new ShrinkingRange({ shard, range, reader: context.target.reader });
    const [source, target] = [context.source.reader.list(range, signal), context.target.reader.list(range, signal)];
    for await (const action of planSync(source, target, policy)) {
      signal.throwIfAborted();
      if (!(await rest.admits(action.key))) break;
      if (action.kind !== 'delete' || isHeldBack(action.key, policy)) continue;
      batch.push(action.target);
      if (batch.length < BATCH) continue;
      before = await this.remove(batch, before, policy);
      batch = [];
    }
    if (batch.length > 0) await this.remove(batch, before, policy);
    await rest.through();
    const ledger = { deletedObjects: this.reserved.size };
    await shard.complete({ position: null, ledger }, { onLast: (tx) => tools.advance(tx, context, 'delete') });
  }

  /** Reserves, deletes, and counts what is gone; resolves with the key up to which all is done. */
  private async remove(batch: ListedObject[], before: string | undefined, policy: ShardPolicy): Promise<string | undefined> {
    const { shard, context, tools } = this;
    const keys = batch.map((object) => object.key);
    const last = keys.at(-1) ?? '';
    await this.reserve(keys, before);
    const problems = await this.writer.remove(keys, shard.signal, context.plan.conditionalDelete ? etagsOf(batch) : undefined);
    for (const { key, code, message } of problems) {
      // It was written since it was listed, so it is no extra that this round has judged: the next one will.
      if (code === CHANGED) continue;
      const error = new SmartantError(code, message, { kind: 'internal', actor: 'user' });
      await quarantine(key, { error, attempts: 1 }, shard, context, tools);
    }
    const failed = new Set(problems.map(({ key }) => key));
    const gone = keys.filter((key) => !failed.has(key));
    for (const key of gone) {
      if (policy.failures.has(key)) await tools.stores.failures.resolve(tools.unitOfWork, context.run.migrationId, key);
    }
    const changed = problems.filter(({ code }) => code === CHANGED).length;
    const ledger = { deletedObjects: gone.length, keptExtraObjects: changed, quarantinedObjects: failed.size - changed };
    await shard.checkpoint({ position: { through: last, pending: [...this.reserved] }, ledger });
    tools.observer.objects('deleted', gone.length);
    return last;
  }

  /** One transaction: the batch is on record and counted against the limit, before anything is deleted. */
  private async reserve(keys: string[], before: string | undefined): Promise<void> {
    const { shard, context, tools } = this;
    const last = keys.at(-1) ?? '';
    const fresh = keys.filter((key) => !this.reserved.delete(key));
    // Reserved before a crash, up to here, and not listed any more: they were deleted then.
    const goneBefore = [...this.reserved].filter((key) => compareUtf8(key, last) <= 0);
    for (const key of goneBefore) this.reserved.delete(key);
    const ledger = { deletesReserved: fresh.length, deletedObjects: goneBefore.length };
    await shard.checkpoint({ position: { through: before ?? null, pending: [...keys, ...this.reserved] }, ledger }, async (tx) => {
      const summary = await tools.shards.summary(context.run.runId, tx);
      assertWithinDeleteLimit(summary?.ledger.deletesReserved ?? 0, context.run.scope.maxDeletes);
    });
  }
}

const CHANGED = 'STORAGE_PRECONDITION_FAILED';

/** What a store that judges deletes is asked to delete: the version that was listed, and no other. */
function etagsOf(batch: ListedObject[]): Map<string, string> {
  return new Map(batch.flatMap(({ key, etag }) => (etag === undefined ? [] : [[key, etag] as const])));
}

/** Raises DELETE_LIMIT_EXCEEDED. */
export function assertWithinDeleteLimit(deletes: number, maxDeletes: number): void {
  if (deletes <= maxDeletes) return;
  throw new SmartantError('DELETE_LIMIT_EXCEEDED', `The round would delete ${deletes} objects at the target; ${maxDeletes} are allowed.`, {
    kind: 'precondition',
    hint: 'If the source really has lost them, raise maxDeletes and retry. If it looks empty by mistake, correct the source endpoint.',
    details: { deletes: String(deletes), maxDeletes: String(maxDeletes) },
  });
}

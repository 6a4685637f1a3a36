import type { ListedObject, PutCondition, StorageWriter } from '@smartant/connectors';
import { SmartantError, toSmartantError } from '@smartant/kernel';
import type { HeldShard } from '@smartant/shards';
import { canonicalObject, compareLeaves } from '../../domain/canonical-object';
import { partSizeFor } from '../../domain/part-layout';
import { judgeSource, type CopyAction, type SyncPolicy } from '../../domain/plan-sync';
import { skippedDelta, type StorageDelta } from '../../domain/storage-ledger';
import type { RunContext } from '../runs/run-context';
import type { CopyMultipart } from './copy-multipart';
import { leaseGuard } from './lease-guard';
import { lookAgain } from './look-again';
import { assertBothAnswer, backOff, isOfOneObject, OBJECT_ATTEMPTS, wantsAnotherLook } from './object-errors';
import { preservedProperties } from './preserved-properties';

/** The object could not be copied: it is to be quarantined with this error. */
export interface CopyFailure {
  error: SmartantError;
  attempts: number;
}

/**
 * Between the read of an object and its write, on our clock. A source that is overwritten in that time may look older than
 * its copy, and no later listing would tell; below this, the margin of the clocks covers it.
 */
const LONG_COPY_MS = 1_000;

export type CopyOutcome = { delta: StorageDelta } | CopyFailure;

/**
 * Copies one object and everything that is preserved of it, and does not give up at the first obstacle: what changed
 * since it was listed is looked at again, what failed in passing is tried again. Raises only what is not this object's
 * fault (a store that does not answer, a lost lease).
 */
export class CopyObject {
  private readonly writer: StorageWriter;

  constructor(
    private readonly multipart: CopyMultipart,
    private readonly shard: HeldShard,
    private readonly context: RunContext,
    private readonly policy: SyncPolicy,
    /** A part of an object is copied for good. */
    private readonly onPart: () => void,
  ) {
    this.writer = context.writer.guardedBy(leaseGuard(shard));
  }

  async copy(action: CopyAction, signal: AbortSignal): Promise<CopyOutcome> {
    let current = action;
    for (let attempts = 1; ; attempts += 1) {
      try {
        return { delta: await this.attempt(current, signal) };
      } catch (thrown) {
        signal.throwIfAborted();
        const error = toSmartantError(thrown);
        if (!isOfOneObject(error)) throw error;
        const another = wantsAnotherLook(error);
        if (!another && !error.retryable) return { error, attempts };
        if (attempts >= OBJECT_ATTEMPTS) {
          if (error.retryable) await assertBothAnswer(this.context, error, signal);
          return { error, attempts };
        }
        if (error.retryable) await backOff(attempts, signal);
        if (another) {
          const next = await this.look(current.key, signal);
          if ('delta' in next) return next;
          current = next;
        }
      }
    }
  }

  private async attempt(action: CopyAction, signal: AbortSignal): Promise<StorageDelta> {
    const { source, target } = action;
    if (action.kind === 'compare' && target && (await this.sameProperties(source, target, signal))) {
      return { unchangedObjects: 1, unchangedBytes: source.size };
    }
    const { context } = this;
    const partSizeBytes = partSizeFor(source.size, context.run.scope.partSizeBytes, context.writer.partLimits);
    const whole = source.size <= partSizeBytes;
    const condition = this.condition(target, whole ? context.plan.conditionalPut : (context.plan.conditionalComplete ?? false));
    const startedMs = performance.now();
    if (whole) await this.copyWhole(source, condition, signal);
    else {
      const job = { object: source, partSizeBytes, condition, onPart: this.onPart };
      await this.multipart.copy(job, this.shard, context, this.writer, signal);
    }
    // Raises STORAGE_SOURCE_CHANGED: then it is copied again.
    if (performance.now() - startedMs > LONG_COPY_MS) await context.source.reader.properties(source, signal);
    return { copiedObjects: 1, copiedBytes: source.size };
  }

  private async copyWhole(source: ListedObject, condition: PutCondition, signal: AbortSignal): Promise<void> {
    const { context } = this;
    const release = await context.resources.memory.enter(signal, source.size);
    try {
      const { bytes, properties } = await context.source.reader.read(source, signal);
      await this.writer.put(source.key, bytes, preservedProperties(properties, context.plan), condition, signal);
      context.meter.move(bytes.length);
      context.resources.observer.transferred(bytes.length, 'sync');
    } finally {
      release();
    }
  }

  /** The target is only overwritten as it was listed, so that a worker that lost its lease can't undo a newer copy. */
  private condition(target: ListedObject | undefined, honoured: boolean): PutCondition {
    if (!honoured) return { kind: 'any' };
    if (!target) return { kind: 'absent' };
    return target.etag === undefined ? { kind: 'any' } : { kind: 'matches', etag: target.etag };
  }

  private async sameProperties(source: ListedObject, target: ListedObject, signal: AbortSignal): Promise<boolean> {
    const { plan } = this.context;
    const [ours, theirs] = await Promise.all([
      this.context.source.reader.properties(source, signal),
      this.context.target.reader.properties(target, signal),
    ]);
    const none = { kind: 'none' } as const;
    const [a, b] = [ours, theirs].map((properties) => canonicalObject(source.key, source.size, none, properties, plan));
    return a !== undefined && b !== undefined && compareLeaves(a, b) === null;
  }

  /** What there is to do now, after either side has changed. */
  private async look(key: string, signal: AbortSignal): Promise<CopyAction | { delta: StorageDelta }> {
    const [source, target] = await Promise.all([
      lookAgain(this.context.source.reader, key, signal),
      lookAgain(this.context.target.reader, key, signal),
    ]);
    // Gone since it was listed: the next round sees what that means for the target.
    // One side has just changed, and times do not tell which content the target has: a write may have been under way.
    const action = source && judgeSource(source, target ?? undefined, { ...this.policy, isForced: () => true });
    if (!action) return { delta: skippedDelta('GONE_MEANWHILE') };
    if (action.kind === 'copy' || action.kind === 'compare') return action;
    return action.kind === 'unchanged'
      ? { delta: { unchangedObjects: 1, unchangedBytes: action.source.size } }
      : { delta: skippedDelta('GONE_MEANWHILE') };
  }
}

import type { ListedObject } from '@smartant/connectors';
import { SmartantError, toSmartantError } from '@smartant/kernel';
import { leafDigest, type Leaf } from '@smartant/proof';
import { canonicalObject, compareLeaves, listedEvidence } from '../../domain/canonical-object';
import type { JoinedKey } from '../../domain/merge-join';
import type { Difference, DifferenceKind } from '../../domain/run';
import type { RunContext } from '../runs/run-context';
import { digestObject } from './digest-object';
import { lookAgain } from './look-again';
import { assertBothAnswer, backOff, isOfOneObject, OBJECT_ATTEMPTS, wantsAnotherLook } from './object-errors';

/** What a verified key adds to the digests. Absent on a side that has no such object. */
export interface VerifiedKey {
  key: string;
  source?: { digest: Buffer; size: number };
  target?: { digest: Buffer; size: number };
  difference?: Omit<Difference, 'waived'>;
}

/**
 * Compares one key of both sides by the level of the run. An object that changes while it is read is looked at again; one
 * that can't be read is a difference. Raises only what is not this object's fault.
 */
export async function verifyObject(joined: JoinedKey, context: RunContext, signal: AbortSignal): Promise<VerifiedKey> {
  const { key } = joined;
  let current: JoinedKey | null = joined;
  for (let attempts = 1; ; attempts += 1) {
    try {
      return current ? await compare(current, context, signal) : { key };
    } catch (thrown) {
      signal.throwIfAborted();
      const error = toSmartantError(thrown);
      if (!isOfOneObject(error)) throw error;
      const another = wantsAnotherLook(error);
      if (attempts >= OBJECT_ATTEMPTS || (!another && !error.retryable)) {
        if (error.retryable) await assertBothAnswer(context, error, signal);
        return { key, difference: { key, kind: 'content', detail: unreadable(error) } };
      }
      if (error.retryable) await backOff(attempts, signal);
      if (another) current = await rejoin(key, context, signal);
    }
  }
}

function unreadable(error: SmartantError): string {
  return wantsAnotherLook(error) ? 'kept changing while it was verified' : `cannot be read: ${error.code}`;
}

async function rejoin(key: string, context: RunContext, signal: AbortSignal): Promise<JoinedKey | null> {
  const [source, target] = await Promise.all([
    lookAgain(context.source.reader, key, signal),
    lookAgain(context.target.reader, key, signal),
  ]);
  return source || target ? { key, source: source ?? undefined, target: target ?? undefined } : null;
}

async function compare(joined: JoinedKey, context: RunContext, signal: AbortSignal): Promise<VerifiedKey> {
  const { key } = joined;
  const [source, target] = await leavesOf(joined, context, signal);
  const verified: VerifiedKey = {
    key,
    source: source && { digest: leafDigest(source), size: source.size },
    target: target && { digest: leafDigest(target), size: target.size },
  };
  const found = differenceOf(source, target);
  return found ? { ...verified, difference: { key, ...found } } : verified;
}

function differenceOf(source: Leaf | undefined, target: Leaf | undefined): { kind: DifferenceKind; detail: string } | null {
  if (source && target) return compareLeaves(source, target);
  return source
    ? { kind: 'missing-at-target', detail: `${source.size} bytes at the source` }
    : { kind: 'extra-at-target', detail: `${target?.size ?? 0} bytes at the target` };
}

async function leavesOf(
  { source, target }: JoinedKey,
  context: RunContext,
  signal: AbortSignal,
): Promise<[Leaf | undefined, Leaf | undefined]> {
  const level = context.run.scope.verify;
  const listed = source && target ? listedEvidence(level, source, target) : level === 'inventory' ? ({ kind: 'none' } as const) : null;
  const leaf = async (side: 'source' | 'target', object: ListedObject | undefined): Promise<Leaf | undefined> => {
    if (!object) return undefined;
    const { reader } = context[side];
    if (listed) return canonicalObject(object.key, object.size, listed, await reader.properties(object, signal), context.plan);
    const moved = (bytes: number): void => {
      if (side === 'source') context.meter.move(bytes);
      context.resources.observer.transferred(bytes, 'verify');
    };
    const { sha256, properties } = await digestObject(
      reader,
      object,
      { memory: context.resources.memory, parts: context.resources.parts, moved },
      signal,
    );
    return canonicalObject(object.key, object.size, { kind: 'sha256', digest: sha256 }, properties, context.plan);
  };
  // Both must have ended before this does, so that nothing reads on behind the walk's back.
  const [a, b] = await Promise.allSettled([leaf('source', source), leaf('target', target)]);
  if (a.status === 'rejected') throw a.reason;
  if (b.status === 'rejected') throw b.reason;
  return [a.value, b.value];
}

import type { ListedObject } from '@smartant/connectors';
import { judgeChange } from './change-evidence';
import type { KeyFilter } from './key-filter';
import { mergeJoin, type JoinedKey } from './merge-join';
import type { RunPlan } from './run';

export interface SyncPolicy {
  filter: KeyFilter;
  plan: Pick<RunPlan, 'etagsAreMd5' | 'clockMarginMs'>;
  /** `propagate` only in rounds that may delete; `ignore`: extras are for a later phase to judge. */
  extras: 'propagate' | 'keep' | 'ignore';
  /** Keys whose failure was waived: on the record, left as they are. */
  isWaived(key: string): boolean;
  /** Keys that a verification found different: copied whatever the listings say. */
  isForced(key: string): boolean;
  /** UTF-8 bytes that the target has room for, after its prefix. */
  maxKeyBytes: number;
}

interface OfSource<Kind extends string> {
  kind: Kind;
  key: string;
  source: ListedObject;
}

interface OfTarget<Kind extends string> {
  kind: Kind;
  key: string;
  target: ListedObject;
}

/** `compare`: copy it if its properties differ. */
export type CopyAction = (OfSource<'copy'> | OfSource<'compare'>) & { target?: ListedObject };
export type SkipAction = OfSource<'skip'> & { code: string };
/** It can't be copied, whatever is tried. */
export type RefuseAction = OfSource<'refuse'> & { code: string; reason: string };
/** A folder of the source that can't be listed: nothing is known of what is below it at the target, so that is left alone. */
export type UnreadableAction = OfSource<'unreadable'> & { code: string; reason: string };
export type SourceAction = CopyAction | OfSource<'unchanged'> | SkipAction | RefuseAction;
export type SyncAction = SourceAction | UnreadableAction | OfTarget<'delete'> | OfTarget<'keep-extra'>;

/** What has to be done in a range, in key order: nothing of it is done here. */
export async function* planSync(
  source: AsyncIterable<ListedObject>,
  target: AsyncIterable<ListedObject>,
  policy: SyncPolicy,
): AsyncGenerator<SyncAction> {
  let unknown: string | undefined;
  for await (const joined of mergeJoin(source, target)) {
    unknown = unknownBelow(joined, unknown);
    if (unknown !== undefined && joined.key.startsWith(unknown)) {
      const action = joined.source?.unreadable && judgeUnreadable(joined.source, joined.source.unreadable, policy);
      if (action) yield action;
      continue;
    }
    const action = joined.source ? judgeSource(joined.source, joined.target, policy) : judgeExtra(joined, policy);
    if (action) yield action;
  }
}

/** The folder of which nothing is known, as a walk in key order goes on: what is below it comes directly behind it. */
export function unknownBelow({ key, source }: JoinedKey, before: string | undefined): string | undefined {
  if (source?.unreadable) return key;
  return before !== undefined && key.startsWith(before) ? before : undefined;
}

function judgeUnreadable(
  source: ListedObject,
  { code, reason }: { code: string; reason: string },
  policy: SyncPolicy,
): UnreadableAction | SkipAction | null {
  const { key } = source;
  if (!policy.filter.mayAcceptBelow(key)) return null;
  return policy.isWaived(key) ? { kind: 'skip', key, source, code: 'WAIVED' } : { kind: 'unreadable', key, source, code, reason };
}

/** What has to be done for one object of the source. Null when it is not in scope; its namesake at the target is left alone then. */
export function judgeSource(source: ListedObject, target: ListedObject | undefined, policy: SyncPolicy): SourceAction | null {
  const { key } = source;
  if (!policy.filter.accepts(source)) return null;
  if (source.skip) return { kind: 'skip', key, source, code: source.skip.code };
  if (policy.isWaived(key)) return { kind: 'skip', key, source, code: 'WAIVED' };
  const refusal = refusalOf(key, policy.maxKeyBytes);
  if (refusal) return { kind: 'refuse', key, source, ...refusal };
  if (!target || policy.isForced(key)) return { kind: 'copy', key, source, target };
  const verdict = judgeChange(source, target, policy.plan);
  return verdict === 'unchanged' ? { kind: 'unchanged', key, source } : { kind: verdict, key, source, target };
}

function judgeExtra({ key, target }: JoinedKey, policy: SyncPolicy): SyncAction | null {
  // What can't be named or read is never deleted: the name that the listing tells may be another object's.
  if (!target || target.skip || policy.extras === 'ignore' || !policy.filter.accepts(target) || policy.isWaived(key)) return null;
  return { kind: policy.extras === 'propagate' ? 'delete' : 'keep-extra', key, target };
}

const LONE_SURROGATE = /\p{Surrogate}/u;

function refusalOf(key: string, maxKeyBytes: number): { code: string; reason: string } | null {
  if (LONE_SURROGATE.test(key) || key.includes('\0')) {
    return { code: 'KEY_NOT_TEXT', reason: 'The key is not well-formed Unicode text.' };
  }
  if (Buffer.byteLength(key) > maxKeyBytes) {
    return { code: 'KEY_TOO_LONG', reason: `The key has ${Buffer.byteLength(key)} bytes; the target has room for ${maxKeyBytes}.` };
  }
  return null;
}

import type { KeyRange, StorageAbility, StorageReader } from '@smartant/connectors';
import { clockMarginMs } from '../../domain/change-evidence';
import { KeyFilter } from '../../domain/key-filter';
import type { RunPlan } from '../../domain/run';
import { estimateScope, type Estimate } from '../probing/estimate-scope';
import type { RunContext } from '../runs/run-context';
import type { StageWork } from './stage';
import { allEnded, tryBoth } from './try-both';

/** How long a plan counts for its progress figures and the number of shards. */
const ESTIMATE_MS = 3_000;
const OBJECTS_A_SHARD = 5_000;
const BYTES_A_SHARD = 16 * 1024 ** 3;
const MAX_SHARDS = 64;

/** Finds out what both sides can do, and cuts the key space into shards by bisecting it. */
export const planRun: StageWork = async (shard, context, tools) => {
  const { run } = context;
  const { signal } = shard;
  const [plan, estimate] = await allEnded([
    probeBoth(context, signal),
    estimateScope(context.source.reader, run.scope, signal, ESTIMATE_MS),
  ]);
  const range = new KeyFilter(run.scope).range();
  const ranges = await bisect(context.source.reader, range, shardsWanted(estimate), signal);
  const shards = ranges.map((one, ordinal) => ({ kind: 'sync', ordinal, range: { ...one } as Record<string, string>, writes: true }));
  const expected = estimate.complete ? { expectedObjects: estimate.objects, expectedBytes: estimate.bytes } : {};
  await shard.complete(
    { position: null, ledger: {} },
    {
      onLast: async (tx) => {
        await tools.stores.runs.update(tx, run.runId, { plan, ...expected });
        await tools.shards.addShards(tx, run.runId, shards);
      },
    },
  );
};

async function probeBoth(context: RunContext, signal: AbortSignal): Promise<RunPlan> {
  const [source, target, tried] = await tryBoth(context, signal);
  const atTarget = new Set<StorageAbility>([...target.abilities, ...tried.abilities]);
  return {
    etagsAreMd5: source.abilities.includes('etag-is-md5') && atTarget.has('etag-is-md5'),
    conditionalPut: atTarget.has('conditional-put'),
    conditionalComplete: atTarget.has('conditional-complete'),
    conditionalDelete: atTarget.has('conditional-delete'),
    tags: atTarget.has('tags'),
    clockMarginMs: clockMarginMs(source.clockSkewMs, target.clockSkewMs),
  };
}

function shardsWanted(estimate: Estimate): number {
  if (!estimate.complete) return MAX_SHARDS;
  const wanted = Math.max(Math.ceil(estimate.objects / OBJECTS_A_SHARD), Math.ceil(estimate.bytes / BYTES_A_SHARD));
  return Math.min(Math.max(wanted, 1), MAX_SHARDS);
}

/** Splits a range into at most `wanted` pieces, in key order and without gaps; fewer where there is nothing more to split. */
export async function bisect(
  reader: Pick<StorageReader, 'findSplit'>,
  whole: KeyRange,
  wanted: number,
  signal: AbortSignal,
): Promise<KeyRange[]> {
  if (!reader.findSplit) return [whole];
  let ranges: KeyRange[] = [whole];
  let splitting = true;
  while (splitting && ranges.length < wanted) {
    splitting = false;
    const next: KeyRange[] = [];
    for (const [index, range] of ranges.entries()) {
      const room = wanted - next.length - (ranges.length - index) > 0;
      const at = room ? await reader.findSplit(range, signal) : null;
      if (at === null) {
        next.push(range);
        continue;
      }
      splitting = true;
      next.push({ after: range.after, through: at }, { after: at, through: range.through });
    }
    ranges = next;
  }
  return ranges;
}

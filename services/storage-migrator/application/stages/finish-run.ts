import { BUCKET_COUNT, BucketDigests, InventoryDigest } from '@smartant/proof';
import { endRun, logEnd, type EndedRun } from '@smartant/runs';
import type { Verification } from '../../domain/run';
import type { DigestKind } from '../ports/stores';
import type { RunContext } from '../runs/run-context';
import { abortUploads } from './abort-uploads';
import type { StageTools, StageWork } from './stage';

/** Differences that a verification names; all are counted. */
const SAMPLE = 100;

/** The last stage: nothing is left behind at the target, and a cutover's digests are added up to its proof. */
export const finishRun: StageWork = async (shard, context, tools) => {
  await abortUploads(shard, context, tools);
  // A write of the trial that the run began with may have landed since.
  await context.writer.removeTrials?.(shard.signal);
  const verification = context.run.phase === 'cutover' ? await addUp(context, tools) : undefined;
  let ended: EndedRun | null = null;
  await shard.complete(
    { position: null, ledger: {} },
    {
      onLast: async (tx) => {
        await tools.stores.proof.tidy(tx, context.run);
        ended = await endRun(tx, context.run.runId, { status: 'succeeded', verification }, tools);
      },
    },
  );
  logEnd(ended, tools.observer);
};

async function addUp(context: RunContext, tools: StageTools): Promise<Verification> {
  const { run } = context;
  const [source, target] = [await mergeBuckets(context, tools, 'source'), await mergeBuckets(context, tools, 'target')];
  const [first, second] = [await mergeInventories(context, tools, 'sync'), await mergeInventories(context, tools, 'verify')];
  const ledger = (await tools.shards.summary(run.runId))?.ledger ?? {};
  const [unexplained, waived] = [ledger.differentObjects ?? 0, ledger.waivedObjects ?? 0];
  return {
    level: run.scope.verify,
    equal: source.equals(target) && unexplained === 0,
    sourceFrozen: run.sourceFrozen && first.digest() === second.digest(),
    sourceObjects: source.objects,
    sourceBytes: source.bytes,
    targetObjects: target.objects,
    targetBytes: target.bytes,
    sourceRoot: source.root(),
    targetRoot: target.root(),
    bucketCount: BUCKET_COUNT,
    firstInventory: first.digest(),
    secondInventory: second.digest(),
    differences: await tools.stores.proof.sample(tools.unitOfWork, run.runId, SAMPLE),
    differenceCount: unexplained + waived,
    waivedCount: waived,
    asOf: new Date().toISOString(),
  };
}

async function mergeBuckets(context: RunContext, tools: StageTools, kind: DigestKind): Promise<BucketDigests> {
  const sum = new BucketDigests();
  for await (const state of tools.stores.proof.digests(tools.unitOfWork, context.run.runId, 'verify', kind)) {
    sum.merge(BucketDigests.deserialize(state));
  }
  return sum;
}

async function mergeInventories(context: RunContext, tools: StageTools, stage: string): Promise<InventoryDigest> {
  const sum = new InventoryDigest();
  for await (const state of tools.stores.proof.digests(tools.unitOfWork, context.run.runId, stage, 'inventory')) {
    sum.merge(InventoryDigest.deserialize(state));
  }
  return sum;
}

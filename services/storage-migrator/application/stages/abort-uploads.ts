import type { HeldShard } from '@smartant/shards';
import type { RunContext } from '../runs/run-context';
import type { StageTools } from './stage';
import { uploadTools } from './upload-tools';

/** Aborts what multipart uploads of the migration are left at the target, so that nobody pays for their parts. */
export async function abortUploads(
  shard: Pick<HeldShard, 'signal' | 'assertFresh'>,
  context: RunContext,
  tools: Pick<StageTools, 'unitOfWork' | 'stores' | 'shards' | 'observer'>,
): Promise<void> {
  const { migrationId } = context.run;
  const { multipart, begun } = uploadTools(tools);
  const writer = context.writer.guardedBy({ mayWrite: () => shard.assertFresh(), mayLandLate: () => Promise.resolve() });
  for (;;) {
    const left = await tools.stores.uploads.some(tools.unitOfWork, migrationId, 100);
    if (left.length === 0) break;
    for (const upload of left) {
      shard.signal.throwIfAborted();
      await multipart.abort(upload, writer, shard.signal);
    }
  }
  await begun.sweepAll(migrationId, writer, shard.signal);
}

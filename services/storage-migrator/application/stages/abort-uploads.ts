import type { HeldShard } from '@smartant/shards';
import { CopyMultipart } from '../objects/copy-multipart';
import type { RunContext } from '../runs/run-context';
import type { StageTools } from './stage';

/** Aborts what multipart uploads of the migration are left at the target, so that nobody pays for their parts. */
export async function abortUploads(shard: Pick<HeldShard, 'signal'>, context: RunContext, tools: StageTools): Promise<void> {
  const { uploads } = tools.stores;
  const multipart = new CopyMultipart(tools.unitOfWork, uploads, tools.shards);
  for (;;) {
    const left = await uploads.some(tools.unitOfWork, context.run.migrationId, 100);
    if (left.length === 0) return;
    for (const upload of left) {
      shard.signal.throwIfAborted();
      await multipart.abort(upload, context.writer, shard.signal);
    }
  }
}

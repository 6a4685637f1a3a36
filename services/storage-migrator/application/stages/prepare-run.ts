import type { StageWork } from './stage';
import { tryBoth } from './try-both';

/** Before the first byte moves: both sides answer, and everything that the migration will write really can be written. */
export const prepareRun: StageWork = async (shard, context, tools) => {
  await tryBoth(context, shard.signal);
  await shard.complete({ position: null, ledger: {} }, { onLast: (tx) => tools.advance(tx, context, 'prepare') });
};

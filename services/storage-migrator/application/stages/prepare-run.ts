import { SmartantError } from '@smartant/kernel';
import type { StageWork } from './stage';

/** Before the first byte moves: both sides answer, and everything that the migration will write really can be written. */
export const prepareRun: StageWork = async (shard, context, tools) => {
  const { signal } = shard;
  const [, , tried] = await Promise.all([
    context.source.reader.probe(signal),
    context.target.reader.probe(signal),
    context.writer.tryWriting(signal),
  ]);
  const [problem] = tried.problems;
  if (problem) throw new SmartantError(problem.code, problem.message, { kind: 'precondition', hint: problem.hint });
  await shard.complete({ position: null, ledger: {} }, { onLast: (tx) => tools.advance(tx, context, 'prepare') });
};

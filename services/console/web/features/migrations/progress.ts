import type { Schema } from '@smartant/contracts/openapi';

type Migration = Schema<'Migration'>;

/**
 * Which part of the bytes is at the target, 0 to 1. Null where nobody can know: before the scope was estimated, and while changes alone
 * are followed, which have no end.
 */
export function progressOf({
  phase,
  status,
  ledger,
  expectedBytes,
}: Pick<Migration, 'phase' | 'status' | 'ledger' | 'expectedBytes'>): number | null {
  if (phase === 'done' && status === 'succeeded') return 1;
  if (phase === 'precheck' || phase === 'prepare' || expectedBytes <= 0) return null;
  const settled = ledger.copiedBytes + ledger.unchangedBytes;
  return Math.min(settled / expectedBytes, 1);
}

/** For these somebody has to do something, even where rounds go on meanwhile. */
const ACTIONS: ReadonlySet<string> = new Set(['resume', 'retry', 'cutover', 'finalize']);

/** Whether it waits for somebody to do something. */
export function needsSomebody({ status, waitingFor, stuck }: Pick<Migration, 'status' | 'waitingFor' | 'stuck'>): boolean {
  return status === 'failed' || stuck !== null || (waitingFor !== null && ACTIONS.has(waitingFor.reason));
}

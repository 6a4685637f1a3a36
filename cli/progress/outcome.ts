import type { Migration } from '../api/api';
import { EXIT, type ExitCode } from '../exit-codes';

/** Whether watching a migration is over, and what the command ends with. */
export type Outcome = { over: false } | { over: true; exitCode: ExitCode };

const GOING_ON: Outcome = { over: false };

/** A failed, cancelled, finished or cut-over migration needs no more watching; one that waits or is paused may go on by itself or by others. */
export function outcomeOf(migration: Migration): Outcome {
  switch (migration.status) {
    case 'failed':
      return { over: true, exitCode: failureCode(migration) };
    case 'cancelled':
      return { over: true, exitCode: EXIT.cancelled };
    case 'succeeded':
      return { over: true, exitCode: isVerified(migration) ? EXIT.ok : EXIT.differences };
    case 'waiting':
      // With automatic finalization this state is passed through.
      if (migration.phase === 'reversible' && migration.spec.cutover.finalize === 'manual') {
        return { over: true, exitCode: isVerified(migration) ? EXIT.ok : EXIT.differences };
      }
      return GOING_ON;
    case 'running':
      // Streams back for as long as its user has not decided: the cutover is done.
      if (isCutOverDatabase(migration) && migration.spec.cutover.finalize === 'manual') {
        return { over: true, exitCode: isVerified(migration) ? EXIT.ok : EXIT.differences };
      }
      return GOING_ON;
    default:
      return GOING_ON;
  }
}

/** Its target is in use, and what is written there is streamed back; or the source of a host is settled. */
export function isCutOverDatabase({ spec, phase }: Migration): boolean {
  return spec.kind !== 'storage' && phase === 'reversible';
}

/** The target equals the source, or each difference was waived on the record. */
export function isVerified({ verification }: Migration): boolean {
  if (!verification) return false;
  // What was waived is left out of both roots.
  const { equal, sourceRoot, targetRoot, differenceCount, waivedCount } = verification;
  return equal && sourceRoot === targetRoot && differenceCount === waivedCount;
}

function failureCode(migration: Migration): ExitCode {
  if (migration.phase === 'cutover' && migration.verification && !isVerified(migration)) return EXIT.differences;
  return migration.error?.retryable ? EXIT.retryable : EXIT.failed;
}

import { commonV1, type migratorV1 } from '@smartant/contracts';
import { runToProto as sharedToProto } from '@smartant/runs/adapters';
import type { RunView } from '../../application/runs/run-view';
import type { Run } from '../../domain/run';

const LEVELS = {
  content: commonV1.DatabaseVerify.DATABASE_VERIFY_CONTENT,
  counts: commonV1.DatabaseVerify.DATABASE_VERIFY_COUNTS,
};

export function runToProto(view: RunView): migratorV1.Run {
  const { run, ledger } = view;
  return {
    ...sharedToProto(view, ledger),
    verification: verificationToProto(run),
    stream: run.stream ? { ...run.stream, fullAt: run.stream.fullAt ?? '' } : undefined,
    frozenAt: run.frozenAt ?? '',
    openedAt: run.openedAt ?? '',
  };
}

/** The objects of a database are its rows. */
function verificationToProto({ verification }: Run): migratorV1.Verification | undefined {
  if (!verification) return undefined;
  const { level, tables, sourceRows, targetRows, sequences, objects, frozenPosition, ...same } = verification;
  return {
    ...same,
    level: level === 'content' ? commonV1.VerifyLevel.VERIFY_LEVEL_CONTENT : commonV1.VerifyLevel.VERIFY_LEVEL_INVENTORY,
    sourceFrozen: frozenPosition !== '',
    sourceObjects: sourceRows,
    targetObjects: targetRows,
    firstInventory: '',
    secondInventory: '',
    database: { level: LEVELS[level], tables, sourceRows, targetRows, sequences, objects, frozenPosition },
  };
}

import { commonV1, type migratorV1 } from '@smartant/contracts';
import { runToProto as sharedToProto } from '@smartant/runs/adapters';
import type { RunView } from '../../application/runs/run-view';
import type { Run } from '../../domain/run';
import type { StreamState } from '../../domain/stream-state';

const LEVELS = {
  content: commonV1.DatabaseVerify.DATABASE_VERIFY_CONTENT,
  counts: commonV1.DatabaseVerify.DATABASE_VERIFY_COUNTS,
};

export function runToProto(view: RunView): migratorV1.Run {
  const { run, ledger } = view;
  return {
    ...sharedToProto(view, ledger),
    verification: verificationToProto(run),
    stream: run.stream ? streamToProto(run.stream) : undefined,
    frozenAt: run.frozenAt ?? '',
    openedAt: run.openedAt ?? '',
  };
}

/** Absent in what an earlier version stored. */
const LATER = { syncingTables: 0, comparisonsWait: false, definitionDifferenceCount: 0, definitionDifferences: [] };

function streamToProto({ fullAt, ...stream }: StreamState): migratorV1.StreamState {
  return { ...LATER, ...stream, fullAt: fullAt ?? '' };
}

/** The objects of a database are its rows. */
function verificationToProto({ verification }: Run): migratorV1.Verification | undefined {
  if (!verification) return undefined;
  const { level, tables, sourceRows, targetRows, sequences, objects, frozenPosition, ...rest } = verification;
  // Absent in what an older version kept.
  const { seed = '', direction = 'forth', digests = [], ...same } = rest;
  return {
    ...same,
    level: level === 'content' ? commonV1.VerifyLevel.VERIFY_LEVEL_CONTENT : commonV1.VerifyLevel.VERIFY_LEVEL_INVENTORY,
    sourceFrozen: frozenPosition !== '',
    sourceObjects: sourceRows,
    targetObjects: targetRows,
    firstInventory: '',
    secondInventory: '',
    database: { level: LEVELS[level], tables, sourceRows, targetRows, sequences, objects, frozenPosition, seed, direction, digests },
  };
}

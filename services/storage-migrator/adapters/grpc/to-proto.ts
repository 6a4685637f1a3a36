import { commonV1, type migratorV1 } from '@smartant/contracts';
import { runToProto as sharedToProto } from '@smartant/runs/adapters';
import type { RunView } from '../../application/runs/run-view';
import type { Run, VerifyLevel } from '../../domain/run';

const LEVELS: Record<VerifyLevel, commonV1.VerifyLevel> = {
  content: commonV1.VerifyLevel.VERIFY_LEVEL_CONTENT,
  checksum: commonV1.VerifyLevel.VERIFY_LEVEL_CHECKSUM,
  inventory: commonV1.VerifyLevel.VERIFY_LEVEL_INVENTORY,
};

export function runToProto(view: RunView): migratorV1.Run {
  const { run, ledger, partialBytes } = view;
  return {
    // Who watches one huge object wants to see it grow.
    ...sharedToProto(view, { ...ledger, copiedBytes: ledger.copiedBytes + partialBytes }),
    verification: verificationToProto(run),
  };
}

function verificationToProto({ verification }: Run): migratorV1.Verification | undefined {
  if (!verification) return undefined;
  const { level, ...rest } = verification;
  return { ...rest, level: LEVELS[level], database: undefined };
}

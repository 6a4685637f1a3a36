import { commonV1, type migratorV1 } from '@smartant/contracts';
import { runToProto as sharedToProto } from '@smartant/runs/adapters';
import type { RunView } from '../../application/runs/run-view';
import type { BootProof } from '../../domain/boot-proof';
import type { Run } from '../../domain/run';

export function runToProto(view: RunView): migratorV1.Run {
  const { run, ledger } = view;
  return {
    ...sharedToProto(view, ledger),
    verification: verificationToProto(run),
    frozenAt: run.frozenAt ?? '',
    openedAt: run.openedAt ?? '',
    boot: run.boot ? bootToProto(run.boot) : undefined,
    prediction: run.prediction ?? undefined,
  };
}

/**
 * The objects of a host are its files. A source of which no service was stopped is frozen by its user's word alone: the report must not say more.
 */
function verificationToProto({ verification, frozenAt, scope, sourceFrozen }: Run): migratorV1.Verification | undefined {
  if (!verification) return undefined;
  const { level, sourceFiles, targetFiles, ...same } = verification;
  return {
    ...same,
    level: level === 'content' ? commonV1.VerifyLevel.VERIFY_LEVEL_CONTENT : commonV1.VerifyLevel.VERIFY_LEVEL_INVENTORY,
    sourceFrozen: frozenAt !== null && (sourceFrozen || scope.stopServices.length > 0),
    sourceObjects: sourceFiles,
    targetObjects: targetFiles,
    firstInventory: '',
    secondInventory: '',
    database: undefined,
  };
}

function bootToProto({ answeredAfterMs, actions, ...boot }: BootProof): migratorV1.BootProof {
  return {
    ...boot,
    answeredAfterMs: answeredAfterMs ?? undefined,
    actions: actions.map((action) => ({ ...action, exitCode: action.exitCode ?? undefined })),
  };
}

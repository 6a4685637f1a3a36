import { commonV1, migratorV1 } from '@smartant/contracts';
import type { RunWait } from '@smartant/shards';
import type { AppliedFix, Failure, Finding, RunStatus } from '../../run';
import type { SharedView } from '../../run-control';

const STATUSES: Record<RunStatus, commonV1.Status> = {
  running: commonV1.Status.STATUS_RUNNING,
  cancelling: commonV1.Status.STATUS_RUNNING,
  paused: commonV1.Status.STATUS_PAUSED,
  failed: commonV1.Status.STATUS_FAILED,
  succeeded: commonV1.Status.STATUS_SUCCEEDED,
  cancelled: commonV1.Status.STATUS_CANCELLED,
};

const SEVERITIES: Record<Finding['severity'], commonV1.Finding_Severity> = {
  blocker: commonV1.Finding_Severity.SEVERITY_BLOCKER,
  warning: commonV1.Finding_Severity.SEVERITY_WARNING,
  note: commonV1.Finding_Severity.SEVERITY_NOTE,
};

const { REASON_LATE_WRITES, REASON_NEXT_ATTEMPT } = migratorV1.RunWait_Reason;

export function statusToProto(status: RunStatus): commonV1.Status {
  return STATUSES[status];
}

export function phaseToProto(phase: string): commonV1.Phase {
  return commonV1.phaseFromJSON(`PHASE_${phase.toUpperCase()}`);
}

export function findingToProto({ severity, code, message, hint, subject, fix }: Finding): commonV1.Finding {
  return { severity: SEVERITIES[severity], code, message, hint, subject, fix };
}

export function appliedFixToProto({ error, ...fix }: AppliedFix): migratorV1.AppliedFix {
  return { ...fix, error: error ?? undefined };
}

/** What of a run is the same for all kinds of migrations; the rest is empty. */
export function runToProto({ run, shardsTotal, shardsDone, opensAt, wait }: SharedView, ledger: Partial<commonV1.Ledger>): migratorV1.Run {
  return {
    runId: run.runId,
    migrationId: run.migrationId,
    epoch: run.epoch,
    phase: phaseToProto(run.phase),
    status: statusToProto(run.status),
    ledger: commonV1.Ledger.fromPartial(ledger),
    shardsTotal,
    shardsDone,
    error: run.error ?? undefined,
    findings: run.findings.map(findingToProto),
    startedAt: run.startedAt,
    finishedAt: run.finishedAt ?? '',
    expectedObjects: run.expectedObjects,
    expectedBytes: run.expectedBytes,
    verification: undefined,
    opensAt: opensAt ?? '',
    stream: undefined,
    frozenAt: '',
    openedAt: '',
    boot: undefined,
    prediction: undefined,
    wait: wait ? waitToProto(wait) : undefined,
  };
}

function waitToProto({ reason, until, error }: RunWait): migratorV1.RunWait {
  return {
    reason: reason === 'late-writes' ? REASON_LATE_WRITES : REASON_NEXT_ATTEMPT,
    until: until.toISOString(),
    error: error ? { code: error.code, message: error.message, hint: error.hint ?? '', retryable: true } : undefined,
  };
}

export function failureToProto(failure: Failure): migratorV1.Failure {
  return { ...failure };
}

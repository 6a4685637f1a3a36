import { commonV1, migratorV1 } from '@smartant/contracts';
import type { Failure } from '../../application/use-cases';
import type { Ledger } from '../../domain/migration/ledger';
import type {
  AppliedFix,
  DatabaseVerificationSummary,
  Finding,
  MigrationError,
  VerificationSummary,
} from '../../domain/migration/migration';
import type { VerifyLevel } from '../../domain/migration/migration-spec';
import type { RunState, RunWait, StreamState } from '../../domain/migration/run-state';
import { bootFromProto } from './host-from-proto';
import { phaseFromProto, statusFromProto } from './proto-names';

/** A run as the state machine knows it. */
export function runFromProto(run: migratorV1.Run): RunState {
  return {
    runId: run.runId,
    migrationId: run.migrationId,
    epoch: run.epoch,
    phase: phaseFromProto(run.phase),
    status: statusFromProto(run.status),
    ledger: ledgerFromProto(run.ledger),
    shardsTotal: run.shardsTotal,
    shardsDone: run.shardsDone,
    expectedObjects: run.expectedObjects,
    expectedBytes: run.expectedBytes,
    findings: run.findings.map(findingFromProto),
    error: errorFromProto(run.error),
    verification: run.verification ? verificationFromProto(run.verification) : null,
    opensAt: run.opensAt || null,
    wait: run.wait ? waitFromProto(run.wait) : null,
    stream: run.stream ? streamFromProto(run.stream) : null,
    frozenAt: run.frozenAt || null,
    openedAt: run.openedAt || null,
    boot: run.boot ? bootFromProto(run.boot) : null,
    prediction: run.prediction ?? null,
  };
}

function streamFromProto({ fullAt, ...stream }: migratorV1.StreamState): StreamState {
  return { ...stream, fullAt: fullAt || null };
}

function errorFromProto(error: migratorV1.RunError | undefined): MigrationError | null {
  return error ? { code: error.code, message: error.message, hint: error.hint, retryable: error.retryable } : null;
}

/** Null for a reason of a newer migrator, which we could not name. */
function waitFromProto({ reason, until, error }: migratorV1.RunWait): RunWait | null {
  if (reason === migratorV1.RunWait_Reason.REASON_LATE_WRITES) return { reason: 'late-writes', until, error: null };
  if (reason === migratorV1.RunWait_Reason.REASON_NEXT_ATTEMPT) return { reason: 'next-attempt', until, error: errorFromProto(error) };
  return null;
}

export function ledgerFromProto(ledger: commonV1.Ledger | undefined): Ledger {
  return { ...(ledger ?? commonV1.Ledger.fromJSON({})) };
}

export function findingFromProto(finding: commonV1.Finding): Finding {
  const { code, message, hint, fix } = finding;
  const subject = finding.subject === 'source' || finding.subject === 'target' ? finding.subject : 'both';
  return { severity: severityFromProto(finding.severity), code, message, hint, subject, ...(fix && { fix }) };
}

export function appliedFixFromProto({ code, subject, statements, needsRestart, error }: migratorV1.AppliedFix): AppliedFix {
  return { code, subject: subject === 'source' ? 'source' : 'target', statements, needsRestart, error: errorFromProto(error) };
}

/** What is unknown counts as a blocker: a finding must not be lost because a peer is newer. */
function severityFromProto(severity: commonV1.Finding_Severity): Finding['severity'] {
  if (severity === commonV1.Finding_Severity.SEVERITY_NOTE) return 'note';
  return severity === commonV1.Finding_Severity.SEVERITY_WARNING ? 'warning' : 'blocker';
}

function verificationFromProto(verification: migratorV1.Verification): VerificationSummary {
  const { differences, level, database, ...rest } = verification;
  return {
    ...rest,
    level: database ? databaseLevel(database.level) : levelFromProto(level),
    database: database ? databaseFromProto(database) : null,
    differences: differences.map(({ key, kind, detail, waived }) => ({ key, kind, detail, waived })),
  };
}

function databaseFromProto({ level: _level, direction, ...counted }: migratorV1.DatabaseVerification): DatabaseVerificationSummary {
  return { ...counted, direction: direction === 'back' ? 'back' : 'forth' };
}

/** What is unknown is taken for the weaker claim. */
function databaseLevel(level: commonV1.DatabaseVerify): VerificationSummary['level'] {
  return level === commonV1.DatabaseVerify.DATABASE_VERIFY_CONTENT ? 'content' : 'counts';
}

function levelFromProto(level: commonV1.VerifyLevel): VerifyLevel {
  if (level === commonV1.VerifyLevel.VERIFY_LEVEL_CONTENT) return 'content';
  return level === commonV1.VerifyLevel.VERIFY_LEVEL_CHECKSUM ? 'checksum' : 'inventory';
}

export function failureFromProto(failure: migratorV1.Failure): Failure {
  const { id, unit, code, message, attempts, traceId, firstFailedAt, lastFailedAt } = failure;
  return { id, unit, code, message, attempts, traceId, firstFailedAt, lastFailedAt, state: failure.state as Failure['state'] };
}

import { SmartantError } from '@smartant/kernel';
import type { ReleaseTexts, StagedKind } from '@smartant/runs';
import { countedBefore, isToldAgain } from '../../domain/database-ledger';
import type { Run } from '../../domain/run';
import { isGivenBackBy, isStream, stageAfter, type DatabaseStage, type Stage } from '../../domain/stages';
import { keepVerification } from '../../domain/verification';
import type { DatabaseEngine, StageResult } from '../ports/database-engine';
import type { Observer } from '../ports/observer';
import type { SecretSource } from '../ports/secrets';
import type { CheckStore } from '../ports/stores';
import { databaseJob } from './database-job';

export interface DatabaseStagesOptions {
  engine: DatabaseEngine;
  secrets: SecretSource;
  observer: Observer;
  checks: Pick<CheckStore, 'begin' | 'end'>;
}

/** How databases go through their stages. */
export function databaseStages({ engine, secrets, observer, checks }: DatabaseStagesOptions): StagedKind<Run, StageResult> {
  return {
    perform: (stage, job, run, signal) => engine.stages[stage as DatabaseStage](databaseJob(job, run, secrets, checks), signal),
    stageAfter: (run, stage) => stageAfter(run, stage as Stage),
    streamEnded: (stage) => (isStream(stage as Stage) ? streamEnded(stage) : null),
    retryingStages: new Set<Stage>(['copy', 'sync', 'cutover']),
    keep: ({ verification, frozenAt, openedAt, estimate }, now) => ({
      ...(verification && { verification: keepVerification(verification, now) }),
      ...(frozenAt !== undefined && { frozenAt }),
      ...(openedAt !== undefined && { openedAt }),
      ...(estimate && { expectedObjects: estimate.tables, expectedBytes: estimate.bytes }),
    }),
    isGivenBackBy: (run, stage) => isGivenBackBy(run, stage as Stage),
    givesBack: (_run, stage, { verification }) => (stage === 'cutover' && verification?.equal === false ? { error: null } : null),
    ledger: { isToldAgain: (field, stage) => isToldAgain(field, stage as Stage), countedBefore, quarantined: 'quarantinedTables' },
    units: 'tables',
    unitAttribute: 'smartant.table',
    counted: (counts, stage) => observer.counted(counts, stage),
    release: RELEASE,
    stillFrozen: (error) => ({
      severity: 'warning',
      code: 'DATABASE_STILL_FROZEN',
      message: `The cutover did not come to its end, and the source could not be opened for writing again: ${error.message}`,
      hint: 'Mend that and retry the cutover, or cancel the migration, which opens the source. By hand: reset default_transaction_read_only of the database and grant CONNECT again.',
      subject: 'source',
    }),
  };
}

const RELEASE: ReleaseTexts = {
  leftBehindCode: 'DATABASE_LEFT_BEHIND',
  leftBehind: (error) => ({
    severity: 'warning',
    code: 'DATABASE_LEFT_BEHIND',
    message: `Objects of the cancelled migration could not be removed from its databases: ${error.message}`,
    hint: 'Drop the replication slot and the publication whose names begin with "smartant_" at both ends: a slot keeps log for ever.',
    subject: 'both',
  }),
  notReleased: (left) =>
    new SmartantError('DATABASE_NOT_RELEASED', left?.message ?? 'Something of the migration is left at its databases.', {
      kind: 'unavailable',
      retry: { kind: 'backoff' },
      hint: left?.hint,
    }),
  forgotten: 'objects of a removed migration are left at its databases',
};

function streamEnded(stage: string): SmartantError {
  return new SmartantError('DATABASE_STREAM_ENDED', `The change stream ended by itself (${stage}).`, {
    kind: 'unavailable',
    retry: { kind: 'backoff' },
    actor: 'bug',
    hint: 'It is begun anew where it stopped. If it keeps ending, look at the log of the source.',
  });
}

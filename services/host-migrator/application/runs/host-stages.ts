import { SmartantError } from '@smartant/kernel';
import { failureOf, type GivingBack, type ReleaseTexts, type StagedKind, type UnitOfWork } from '@smartant/runs';
import { bootFailures, type BootProof } from '../../domain/boot-proof';
import { countedBefore, isToldAgain } from '../../domain/host-ledger';
import type { Run } from '../../domain/run';
import { isGivenBackBy, stageAfter, type HostStage, type Stage } from '../../domain/stages';
import { keepVerification } from '../../domain/verification';
import type { HostEngine, StageResult } from '../ports/host-engine';
import type { Observer } from '../ports/observer';
import type { SecretSource } from '../ports/secrets';
import type { TranscriptStore } from '../ports/stores';
import { hostJob } from './host-job';
import { TranscriptLog } from './transcript-log';

export interface HostStagesOptions {
  engine: HostEngine;
  secrets: SecretSource;
  observer: Observer;
  unitOfWork: UnitOfWork;
  transcript: TranscriptStore;
}

/** How hosts go through their stages. */
export function hostStages(options: HostStagesOptions): StagedKind<Run, StageResult> {
  const { engine, secrets, observer } = options;
  return {
    perform: async (stage, job, run, signal) => {
      const log = new TranscriptLog({ ...options, migrationId: run.migrationId, runId: run.runId });
      try {
        return await engine.stages[stage as HostStage](
          hostJob(job, run, secrets, (entry) => log.add(entry)),
          signal,
        );
      } finally {
        await log.close();
      }
    },
    stageAfter: (run, stage) => stageAfter(run, stage as Stage),
    retryingStages: new Set<Stage>(['sync']),
    keep: ({ verification, boot, prediction, frozenAt, openedAt, estimate }, now) => ({
      ...(verification && { verification: keepVerification(verification, now) }),
      ...(boot && { boot }),
      ...(prediction && { prediction }),
      ...(frozenAt !== undefined && { frozenAt }),
      ...(openedAt !== undefined && { openedAt }),
      ...(estimate && { expectedObjects: estimate.files, expectedBytes: estimate.bytes }),
    }),
    isGivenBackBy: (run, stage) => isGivenBackBy(run, stage as Stage),
    givesBack: (run, stage, outcome) => givesBack(run, stage as Stage, outcome),
    ledger: { isToldAgain, countedBefore, quarantined: 'quarantinedFiles' },
    units: 'files',
    unitAttribute: 'smartant.path',
    counted: (counts, stage) => observer.counted(counts, stage),
    release: RELEASE,
    stillFrozen: (error) => ({
      severity: 'warning',
      code: 'HOST_STILL_STOPPED',
      message: `The cutover did not come to its end, and services of the source could not be started again: ${error.message}`,
      hint: 'Mend that and retry the cutover, or cancel the migration, which starts them. By hand: systemctl start the services that the migration stops.',
      subject: 'source',
    }),
  };
}

/** Sides that differ, and a target that is not proved by its boot: the source goes on serving. */
function givesBack(run: Run, stage: Stage, { verification, boot }: StageResult): GivingBack | null {
  if (run.phase !== 'cutover') return null;
  if (stage === 'verify' && verification?.equal === false) return { error: null };
  if (stage !== 'boot' || !boot) return null;
  const failures = bootFailures(boot, run.scope.actions);
  return failures.length === 0 ? null : { error: failureOf(notProved(failures, boot)) };
}

function notProved(failures: string[], { console: tail }: BootProof): SmartantError {
  return new SmartantError('HOST_BOOT_NOT_PROVED', `The target has been started and is not proved: ${failures.join('; ')}.`, {
    kind: 'precondition',
    hint: `The source goes on serving. Look at the boot proof${tail === '' ? '' : ' and its console'}, mend what it says and retry the cutover.`,
  });
}

const RELEASE: ReleaseTexts = {
  leftBehindCode: 'HOST_LEFT_BEHIND',
  leftBehind: (error) => ({
    severity: 'warning',
    code: 'HOST_LEFT_BEHIND',
    message: `What the cancelled migration keeps at its hosts could not be removed: ${error.message}`,
    hint: 'Start the services again that it stopped, and remove what it lists in the transcript: folders and keys whose names begin with "smartant-".',
    subject: 'both',
  }),
  notReleased: (left) =>
    new SmartantError('HOST_NOT_RELEASED', left?.message ?? 'Something of the migration is left at its hosts.', {
      kind: 'unavailable',
      retry: { kind: 'backoff' },
      hint: left?.hint,
    }),
  forgotten: 'things of a removed migration are left at its hosts',
};

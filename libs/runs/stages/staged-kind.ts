import type { SmartantError } from '@smartant/kernel';
import type { LedgerCounters } from '@smartant/shards';
import type { UnitAttribute } from '../quarantine';
import type { Finding, Run, RunError } from '../run';
import type { StageJob } from './stage-job';

/** What a stage brought, as far as it is the same for all kinds of migrations. */
export interface StageOutcome {
  findings?: Finding[];
  verification?: { equal: boolean };
}

/** Why a cutover gives its source back: what it fails with, or null where its run succeeded and has something to tell. */
export interface GivingBack {
  error: RunError | null;
}

/** How a kind counts (see `StageCounters`). */
export interface StageLedger {
  /** Told again whenever a stage is begun anew; else it is told once. */
  isToldAgain(field: string, stage: string): boolean;
  /** Of what was counted for a stage, what is not counted once more when it is told again. `sameRun`: for the run that begins it anew. */
  countedBefore(counted: LedgerCounters, sameRun: boolean): LedgerCounters;
  /** The counter of units that are put aside now. */
  quarantined: string;
}

/** A kind of migration whose runs go through stages, each of which is one shard and one call of an engine. */
export interface StagedKind<R extends Run, Outcome extends StageOutcome> {
  /** Does a stage. Streams end when the signal is aborted, every other stage when its work is done. */
  perform(stage: string, job: StageJob<R>, run: R, signal: AbortSignal): Promise<Outcome>;
  /** Null after the last stage. */
  stageAfter(run: R, stage: string): string | null;
  /** A stage that never ends by itself: what is raised when it does. Absent: there are none. */
  streamEnded?(stage: string): SmartantError | null;
  /** Stages at whose end every unit that was to be tried again is in order, unless it was put aside anew. */
  retryingStages: ReadonlySet<string>;
  /** What is kept of an outcome with its run, beside findings. `now`: RFC 3339. */
  keep(outcome: Outcome, now: string): Partial<R>;
  /** A stage that may leave the source standing still when it fails: the source is given back then. */
  isGivenBackBy(run: R, stage: string): boolean;
  /** Set where a stage of a cutover was done, and the source is given back all the same. */
  givesBack(run: R, stage: string, outcome: Outcome): GivingBack | null;
  ledger: StageLedger;
  /** What units are called in messages, for example "tables". */
  units: string;
  /** The span attribute that names one. */
  unitAttribute: UnitAttribute;
  counted(counts: LedgerCounters, stage: string): void;
  release: ReleaseTexts;
  /** The source could not be given back. */
  stillFrozen(error: SmartantError): Finding;
}

/** What is said about things that are left at endpoints. */
export interface ReleaseTexts {
  /** Of findings that say so, an engine's own among them. */
  leftBehindCode: string;
  leftBehind(error: SmartantError): Finding;
  /** An end did not answer, or something would not be taken away: it may be another time. */
  notReleased(left: Finding | undefined): SmartantError;
  /** Logged when a migration is forgotten all the same. */
  forgotten: string;
}

/** The stage that gives a source back after a cutover which did not open its target, and the one that takes away what is kept at both ends. */
export const REOPEN_STAGE = 'reopen';
export const RELEASE_STAGE = 'release';
/** A stage of a run that has nothing to do for its scope. */
export const FINISH_STAGE = 'finish';

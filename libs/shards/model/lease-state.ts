import type { LedgerCounters } from '../ledger';
import type { Json, RunState } from '../shard';

/** What the rules know of a run. Times are milliseconds on the database's clock. */
export interface ModelRun {
  readonly runId: string;
  readonly migrationId: string;
  readonly state: RunState;
  readonly ledger: LedgerCounters;
}

export interface ModelShard {
  readonly shardId: string;
  readonly runId: string;
  readonly migrationId: string;
  readonly kind: string;
  readonly ordinal: number;
  readonly range: Json;
  readonly position: Json;
  readonly state: 'pending' | 'leased' | 'done';
  readonly epoch: number;
  readonly workerId: string | null;
  readonly leaseUntilMs: number;
  readonly notBeforeMs: number;
  readonly attempts: number;
  /** How often in a row its holders let the lease run out without a checkpoint. */
  readonly takeovers: number;
  readonly ledger: LedgerCounters;
  /** Names the claim that holds it, differently from every other claim ever made: epochs repeat when commits are lost. */
  readonly claimId: number;
}

/** A claim as the model gives it out. */
export interface ModelClaim {
  readonly shardId: string;
  readonly runId: string;
  readonly migrationId: string;
  readonly kind: string;
  readonly range: Json;
  readonly position: Json;
  readonly epoch: number;
  readonly attempts: number;
  readonly takenOver: boolean;
  readonly incarnation: number;
  readonly claimId: number;
}

/** Rules that can be switched off, one at a time, to see that what they prevent is noticed. */
export interface ModelRules {
  /** Writes of a holder name the epoch of its claim. */
  fencing: boolean;
  /** A claim raises the epoch. */
  epochs: boolean;
  /** Work that looks at what was written waits for the last moment at which a former holder's write could land. */
  zombieHorizon: boolean;
  /** The horizon of a migration holds for all its runs, not just for the one in which it arose. */
  horizonAcrossRuns: boolean;
  /** The horizon also grows when a shard is handed back with requests cut short. */
  horizonOnHandBack: boolean;
  /** Claims name the incarnation of the database, and none of a lost future is accepted. */
  incarnation: boolean;
}

export const ALL_RULES: ModelRules = {
  fencing: true,
  epochs: true,
  zombieHorizon: true,
  horizonAcrossRuns: true,
  horizonOnHandBack: true,
  incarnation: true,
};

/** The claim is not the shard's any more. */
export class ModelLeaseLost extends Error {
  constructor(readonly shardId: string) {
    super(`the lease of ${shardId} is lost`);
  }
}

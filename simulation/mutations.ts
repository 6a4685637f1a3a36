import type { ModelRules } from '@smartant/shards/model';

/**
 * Faults built into the system on purpose, each taking one safeguard away. With any of them the simulation has to fail:
 * that is how its checks are shown to see what they are there for.
 */
export const MUTATIONS = {
  'fencing-off': 'a holder’s writes are accepted whatever their epoch',
  'epochs-off': 'a claim does not raise the epoch',
  'effect-before-claim': 'a worker begins before its claim is committed',
  'lease-guard-off': 'a process that wakes from a stop sends what it was about to send',
  'zombie-horizon-off': 'verification does not wait for writes of former holders',
  'horizon-forgotten-between-runs': 'a new run does not know the horizon of the runs before it',
  'horizon-forgotten-at-hand-back': 'requests that were given up are not waited for',
  'incarnation-off': 'a failover that loses commits goes unnoticed',
  'ledger-beside-checkpoint': 'counters are not written in the transaction of the checkpoint',
  'revision-unchecked': 'an effect’s result is stored although the migration was changed meanwhile',
  'events-beside-transaction': 'events are stored in a transaction of their own',
  'relay-removes-first': 'the relay removes events before they are published',
  'verification-believed': 'a run’s verification is taken for equal',
} as const;

export type Mutation = keyof typeof MUTATIONS;

/** Mutations that take a rule out of the lease model. */
const RULES_OFF: Partial<Record<Mutation, Partial<ModelRules>>> = {
  'fencing-off': { fencing: false },
  'epochs-off': { epochs: false },
  'zombie-horizon-off': { zombieHorizon: false },
  'horizon-forgotten-between-runs': { horizonAcrossRuns: false },
  'horizon-forgotten-at-hand-back': { horizonOnHandBack: false },
  'incarnation-off': { incarnation: false },
};

/** The rules of leases that still hold. */
export function modelRulesOf(mutations: ReadonlySet<Mutation>): Partial<ModelRules> {
  return Object.assign({}, ...[...mutations].map((mutation) => RULES_OFF[mutation] ?? {})) as Partial<ModelRules>;
}

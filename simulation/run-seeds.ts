import type { Mutation } from './mutations';
import { runScenario } from './run-scenario';
import { scenarioOf } from './scenario';

export interface Failure {
  seed: number;
  rule: string;
  message: string;
}

export interface SeedsOutcome {
  seeds: number;
  steps: number;
  failures: Failure[];
}

/** Plays the scenarios of `count` seeds from `from` on. Ends early after `failuresAtMost` failures. */
export function runSeeds(
  from: number,
  count: number,
  options: { mutations?: readonly Mutation[]; failuresAtMost?: number } = {},
): SeedsOutcome {
  const outcome: SeedsOutcome = { seeds: 0, steps: 0, failures: [] };
  for (let seed = from; seed < from + count; seed += 1) {
    const { violation, steps } = runScenario(scenarioOf(seed), { mutations: options.mutations });
    outcome.seeds += 1;
    outcome.steps += steps;
    if (violation) outcome.failures.push({ seed, ...violation });
    if (outcome.failures.length >= (options.failuresAtMost ?? Infinity)) break;
  }
  return outcome;
}

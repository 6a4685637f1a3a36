import type { Mutation } from './mutations';
import { runScenario } from './run-scenario';
import type { Scenario } from './scenario';

/** Sizes that are made smaller, and the least that each can be. */
const SIZES = { migrations: 1, schedulers: 1, migrators: 1, slots: 1, keys: 1, shardsPerRun: 1 } as const;
export type Size = keyof typeof SIZES;

/** What is left of a scenario: which of its incidents, by their place, and changed sizes. */
export interface Reduction {
  keep: number[];
  sizes: Partial<Record<Size, number>>;
}

/** The scenario with only these incidents and these sizes. */
export function reduced(scenario: Scenario, { keep, sizes }: Reduction): Scenario {
  return { ...scenario, ...sizes, incidents: keep.flatMap((at) => scenario.incidents[at] ?? []) };
}

/**
 * Finds a smaller scenario that breaks the same rule: fewer incidents (delta debugging) and smaller sizes, until nothing
 * more can be left out alone. Null when the scenario breaks no rule.
 */
export function minimise(scenario: Scenario, mutations: readonly Mutation[] = []): Reduction | null {
  const rule = runScenario(scenario, { mutations }).violation?.rule;
  if (rule === undefined) return null;
  const fails = (reduction: Reduction): boolean => runScenario(reduced(scenario, reduction), { mutations }).violation?.rule === rule;
  let best: Reduction = { keep: scenario.incidents.map((_, at) => at), sizes: {} };
  for (let before = ''; before !== JSON.stringify(best);) {
    before = JSON.stringify(best);
    best = fewerIncidents(best, fails);
    best = smallerSizes(best, scenario, fails);
  }
  return best;
}

/** Leaves out ever smaller pieces of the list, as long as the rule still breaks. */
function fewerIncidents(from: Reduction, fails: (reduction: Reduction) => boolean): Reduction {
  let best = from;
  for (let piece = Math.ceil(best.keep.length / 2); piece >= 1; piece = piece === 1 ? 0 : Math.ceil(piece / 2)) {
    for (let at = 0; at < best.keep.length;) {
      const candidate = { ...best, keep: best.keep.filter((_, index) => index < at || index >= at + piece) };
      if (fails(candidate)) best = candidate;
      else at += piece;
    }
  }
  return best;
}

function smallerSizes(from: Reduction, scenario: Scenario, fails: (reduction: Reduction) => boolean): Reduction {
  let best = from;
  for (const size of Object.keys(SIZES) as Size[]) {
    const now = best.sizes[size] ?? scenario[size];
    for (let value: number = SIZES[size]; value < now; value += 1) {
      const candidate = { ...best, sizes: { ...best.sizes, [size]: value } };
      if (!fails(candidate)) continue;
      best = candidate;
      break;
    }
  }
  return best;
}

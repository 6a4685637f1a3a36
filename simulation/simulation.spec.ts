import { minimise, reduced } from './minimise';
import { runScenario } from './run-scenario';
import { runSeeds } from './run-seeds';
import { scenarioOf } from './scenario';

describe('the simulation', () => {
  it('breaks no rule in 2,000 seeds', () => {
    const outcome = runSeeds(1, 2_000);
    expect(outcome.failures).toEqual([]);
    expect(outcome.seeds).toBe(2_000);
  }, 300_000);

  it('takes the same course again, step by step', () => {
    for (const seed of [3, 42, 1_747]) {
      const [once, again] = [1, 2].map(() => runScenario(scenarioOf(seed), { tracing: true }));
      expect(once?.trace.length).toBeGreaterThan(20);
      expect(again).toEqual(once);
    }
  });

  it('minimises a failing seed to a scenario that fails alike', () => {
    const mutations = ['revision-unchecked'] as const;
    const [failure] = runSeeds(1, 500, { mutations, failuresAtMost: 1 }).failures;
    const scenario = scenarioOf(failure?.seed ?? 0);
    const reduction = minimise(scenario, mutations);
    const small = reduced(scenario, reduction ?? { keep: [], sizes: {} });
    expect(small.incidents.length).toBeLessThan(scenario.incidents.length);
    expect(runScenario(small, { mutations }).violation?.rule).toBe(failure?.rule);
    expect(runScenario(small).violation).toBeNull();
  });
});

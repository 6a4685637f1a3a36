import { checkEnding, hasConverged } from './checks/ending-check';
import { Violation } from './engine/world';
import { scheduleIncident } from './incidents';
import type { Mutation } from './mutations';
import type { Scenario } from './scenario';
import { Simulation } from './simulation';
import { createMigrations, endEverything } from './users';

/** Virtual time within which everything has to end once it is calm. */
const PATIENCE_MS = 1_800_000;
/** More than any scenario needs: a simulation that does not get on in virtual time either. */
const MOST_STEPS = 400_000;

export interface Outcome {
  /** Null: all rules held. */
  violation: { rule: string; message: string } | null;
  steps: number;
  writes: number;
  /** Virtual time until everything had come to its end. */
  endedAtMs: number;
  trace: readonly string[];
}

/** Plays a scenario through. The same scenario and mutations give the same outcome, step by step. */
export function runScenario(scenario: Scenario, options: { mutations?: readonly Mutation[]; tracing?: boolean } = {}): Outcome {
  const simulation = new Simulation(scenario, new Set(options.mutations), options.tracing ?? false);
  const { world } = simulation;
  let violation: Outcome['violation'] = null;
  try {
    play(simulation);
  } catch (error) {
    // Code that throws where nothing can be wrong has found a state that it does not know: a violation like any other.
    const rule = error instanceof Violation ? error.rule : 'exception';
    const message = error instanceof Violation ? error.message : String((error as Error).stack);
    violation = { rule, message };
    world.note('VIOLATION', () => `${rule}: ${message}`);
  }
  return { violation, steps: world.steps, writes: world.writes, endedAtMs: world.nowMs, trace: world.trace };
}

function play(simulation: Simulation): void {
  const { world, scenario } = simulation;
  for (const process of simulation.processes) process.start();
  createMigrations(simulation);
  for (const incident of scenario.incidents) scheduleIncident(incident, simulation);
  world.run(scenario.calmAtMs);
  simulation.calmDown();
  endEverything(simulation);
  world.run(scenario.calmAtMs + PATIENCE_MS, () => {
    if (world.steps > MOST_STEPS) throw new Violation('no-end', `${MOST_STEPS} steps were not enough`);
    return world.nowMs % 50 === 0 && hasConverged(simulation);
  });
  checkEnding(simulation);
}

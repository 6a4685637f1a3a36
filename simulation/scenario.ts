import { Random } from './engine/random';
import type { Weather } from './engine/weather';

export type DatabaseName = 'scheduler' | 'migrator';
export type UserAction = 'pause' | 'resume' | 'cancel' | 'cutover' | 'retry' | 'rollback' | 'finalize' | 'remove';

/** One thing that happens to the system from outside: at a time, at the nth durable write, or at the nth request to a store. */
export type Incident =
  | { kind: 'kill' | 'stop' | 'drain'; atMs: number; process: number; forMs: number }
  | { kind: 'partition'; atMs: number; process: number; forMs: number }
  | { kind: 'at-write'; write: number; when: 'before' | 'after'; forMs: number }
  | { kind: 'at-request'; request: number; how: 'kill' | 'stop'; forMs: number }
  | { kind: 'database-restart'; atMs: number; database: DatabaseName; downMs: number; loseMs: number }
  | { kind: 'database-clock'; atMs: number; database: DatabaseName; byMs: number }
  | { kind: 'process-clock'; atMs: number; process: number; byMs: number }
  | { kind: 'weather'; atMs: number; forMs: number; weather: Partial<Weather> }
  | { kind: 'user'; atMs: number; migration: number; action: UserAction }
  | { kind: 'source'; atMs: number; migration: number; key: number; value: number };

/** Everything that a simulation is made from: the same scenario takes the same course, step by step. */
export interface Scenario {
  seed: number;
  migrations: number;
  schedulers: number;
  migrators: number;
  /** Shards that one migrator process works on at once. */
  slots: number;
  /** Objects of each migration. */
  keys: number;
  shardsPerRun: number;
  /** The target refuses a write when its object is not as it was listed. */
  conditionalPuts: boolean;
  /** Scheduler and migrator keep their state in one database, and lose it together. */
  sharedDatabase: boolean;
  automaticCutover: boolean;
  automaticFinalize: boolean;
  /** From then on nothing writes to the sources. */
  frozenAtMs: number;
  /** From then on there are no more incidents, and users want their migrations to end. */
  calmAtMs: number;
  incidents: Incident[];
}

/** The longest that a write may be on its way to a target, as the S3 client bounds it; shorter here, to save steps. */
export const WRITE_DEADLINE_MS = 30_000;
export const LEASE_MS = 9_000;
/** What the database is told on top of it, for the jumps of its own clock: the horizon is a time by that clock. */
export const CLOCK_MARGIN_MS = 9_000;

const CALM_AT_MS = 45_000;

/** The scenario of a seed. */
export function scenarioOf(seed: number): Scenario {
  const random = new Random(seed, 'scenario');
  const shape = {
    seed,
    migrations: random.int(1, 3),
    schedulers: random.int(1, 3),
    migrators: random.int(1, 4),
    slots: random.int(1, 2),
    keys: random.int(2, 7),
    shardsPerRun: random.int(1, 3),
    conditionalPuts: random.chance(0.3),
    sharedDatabase: random.chance(0.5),
    automaticCutover: random.chance(0.6),
    automaticFinalize: random.chance(0.5),
    frozenAtMs: random.int(4_000, 35_000),
    calmAtMs: CALM_AT_MS,
  };
  return { ...shape, incidents: incidentsOf(shape, random) };
}

function incidentsOf(shape: Omit<Scenario, 'incidents'>, random: Random): Incident[] {
  const incidents: Incident[] = [];
  const add = (most: number, make: () => Incident): void => {
    for (let left = random.int(0, most); left > 0; left -= 1) incidents.push(make());
  };
  const atMs = (): number => random.int(0, CALM_AT_MS - 1);
  const process = (): number => random.int(0, shape.schedulers + shape.migrators - 1);
  const database = (): DatabaseName => random.pick(['scheduler', 'migrator'] as const);
  add(4, () => ({ kind: 'kill', atMs: atMs(), process: process(), forMs: random.int(200, 20_000) }));
  add(4, () => ({ kind: 'stop', atMs: atMs(), process: process(), forMs: random.int(500, 60_000) }));
  add(2, () => ({ kind: 'drain', atMs: atMs(), process: process(), forMs: random.int(200, 3_000) }));
  add(1, () => ({ kind: 'partition', atMs: atMs(), process: process(), forMs: random.int(1_000, 30_000) }));
  add(3, () => ({
    kind: 'at-write',
    write: random.int(1, 200),
    when: random.pick(['before', 'after'] as const),
    forMs: random.int(100, 3_000),
  }));
  const how = ['kill', 'stop'] as const;
  const mostRequests = 3 * shape.keys * shape.migrations;
  add(5, () => ({ kind: 'at-request', request: random.int(1, mostRequests), how: random.pick(how), forMs: random.int(500, 70_000) }));
  if (random.chance(0.5)) {
    const loseMs = random.chance(0.4) ? 0 : random.pick([200, 1_000, 5_000, 20_000]);
    incidents.push({ kind: 'database-restart', atMs: atMs(), database: database(), downMs: random.int(300, 6_000), loseMs });
  }
  if (random.chance(0.3)) incidents.push({ kind: 'database-clock', atMs: atMs(), database: database(), byMs: random.int(-8_000, 8_000) });
  add(1, () => ({ kind: 'process-clock', atMs: atMs(), process: process(), byMs: random.int(-3_600_000, 3_600_000) }));
  add(4, () => ({ kind: 'weather', atMs: atMs(), forMs: random.int(1_000, 20_000), weather: weatherOf(random) }));
  add(3, () => ({ kind: 'user', atMs: atMs(), migration: random.int(0, shape.migrations - 1), action: actionOf(random) }));
  add(12, () => sourceChange(shape, random));
  return incidents;
}

function actionOf(random: Random): UserAction {
  return random.pick([
    'pause',
    'pause',
    'resume',
    'resume',
    'cancel',
    'cutover',
    'cutover',
    'retry',
    'rollback',
    'finalize',
    'remove',
  ] as const);
}

function weatherOf(random: Random): Partial<Weather> {
  const lateMs = random.pick([50, 2_000, 30_000]);
  return random.pick<Partial<Weather>>([
    { loss: 0.1 },
    { duplicate: 0.3, late: 0.2, lateMs },
    { late: 0.5, lateMs },
    { stuckWrite: 0.3 },
    { stuckWrite: 0.6 },
    { stuckWrite: 1 },
    { stuckWrite: 0.2, loss: 0.05 },
    { storeError: 0.3 },
    { runError: 0.1 },
    { busLoss: 1 },
  ]);
}

function sourceChange(shape: Omit<Scenario, 'incidents'>, random: Random): Incident {
  const value = random.chance(0.3) ? 0 : random.int(2, 5);
  const migration = random.int(0, shape.migrations - 1);
  return { kind: 'source', atMs: random.int(0, shape.frozenAtMs - 1), migration, key: random.int(0, shape.keys - 1), value };
}

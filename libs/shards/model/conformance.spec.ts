import { openDatabase, type Database } from '@smartant/platform/postgres';
import { freshDatabase } from '@smartant/test-servers';
import { shardMigrations } from '../shard-migrations';
import { ShardStore } from '../shard-store';
import { MINUTE_MS, StoreBesideModel, type BothClaims } from './fixtures/store-beside-model';

/** An hour: longer than the test, so that only time that is let pass counts. */
const LEASE_MS = 60 * MINUTE_MS;
const WRITE_DEADLINE_MS = 120 * MINUTE_MS;
const SEQUENCES = 12;
const STEPS = 120;

const STEP_NAMES = [
  ...[
    'addShards',
    'advance',
    'beginIncarnation',
    'checkpoint',
    'claim',
    'claimOne',
    'complete',
    'end',
    'fail',
    'giveUp',
    'mayLandLate',
    'pause',
  ],
  ...['release', 'renew', 'resume', 'split'],
];

/** Numbers from a seed (mulberry32), so that a failure can be run again. */
function seeded(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

describe('the model of leases', () => {
  let database: Database;
  const taken = new Set<string>();

  beforeAll(async () => {
    const url = await freshDatabase('conformance');
    database = await openDatabase({ url, schema: 'work', migrations: shardMigrations(), applicationName: 'conformance' });
  });
  afterAll(() => database.close());
  beforeEach(() => database.query('TRUNCATE shard, shard_run, finished_shard, shard_zombie'));

  it.each(Array.from({ length: SEQUENCES }, (_, at) => at + 1))('does what the SQL does: random calls, seed %i', async (seed) => {
    const store = new ShardStore(database, { leaseMs: LEASE_MS, writeDeadlineMs: WRITE_DEADLINE_MS });
    const both = new StoreBesideModel(database, store);
    const below = seeded(seed);
    const claims: BothClaims[] = [];
    const runs = await addRuns(both);
    for (let step = 0; step < STEPS; step += 1) taken.add(await oneStep(both, runs, claims, below));
  });

  it('was compared in every kind of step', () => {
    expect([...taken].sort()).toEqual(STEP_NAMES);
  });

  it('notices a store that does not fence', async () => {
    const store = new ShardStore(database, { leaseMs: LEASE_MS, writeDeadlineMs: WRITE_DEADLINE_MS, fencing: 'off' });
    const both = new StoreBesideModel(database, store);
    await both.addRun('run_0', 'mig_0');
    await both.addShards('run_0', 1, false);
    const [stale] = await both.claim('a', 1);
    await both.advance(LEASE_MS + MINUTE_MS);
    await both.claim('b', 1);
    await expect(both.checkpoint(stale as BothClaims, { at: 1 }, { copied: 1 })).rejects.toThrow();
  });
});

/** Three more, of two migrations; resolves with the list that they are added to. */
async function addRuns(both: StoreBesideModel, runs: string[] = []): Promise<string[]> {
  const era = runs.length / 3;
  for (let run = 0; run < 3; run += 1) {
    await both.addRun(`run_${era}_${run}`, `mig_${run % 2}`);
    runs.push(`run_${era}_${run}`);
  }
  return runs;
}

async function oneStep(both: StoreBesideModel, runs: string[], claims: BothClaims[], below: (limit: number) => number): Promise<string> {
  // Old claims are used again on purpose: they are the zombies.
  const claim = claims[below(Math.max(1, claims.length))];
  // Those of the last incarnation mostly: all others have ended.
  const run = runs[Math.max(0, runs.length - 1 - below(4))] ?? '';
  const withClaim: Record<string, (held: BothClaims) => Promise<void>> = {
    checkpoint: (held) => both.checkpoint(held, { at: below(100) }, { copied: below(5), listed: 1 }),
    complete: (held) => both.complete(held, { copied: 1 }),
    fail: (held) => both.fail(held, below(3) * 20 * MINUTE_MS),
    release: (held) => both.release(held),
    giveUp: (held) => both.giveUp(held),
    mayLandLate: (held) => both.mayLandLate(held),
    split: (held) => both.split(held),
    renew: () => both.renew(claims.filter(() => below(2) === 0)),
  };
  const steps: Record<string, () => Promise<void>> = {
    addShards: () => both.addShards(run, 1 + below(3), below(2) === 0),
    claim: async () => void claims.push(...(await both.claim(`worker-${below(3)}`, 1 + below(3)))),
    claimOne: async () => void claims.push(...(await both.claim(`worker-${below(3)}`, 1))),
    beginIncarnation: async () => {
      if (below(4) > 0) return;
      await both.beginIncarnation();
      await addRuns(both, runs);
    },
    advance: () => both.advance(below(2) === 0 ? 7 * MINUTE_MS : 67 * MINUTE_MS),
    pause: () => both.setRunState(run, below(2) === 0 ? 'paused' : 'active'),
    resume: () => both.setRunState(run, 'active'),
    end: () => (below(6) === 0 ? both.setRunState(run, 'ended') : Promise.resolve()),
    ...(claim && Object.fromEntries(Object.entries(withClaim).map(([name, step]) => [name, () => step(claim)]))),
  };
  const names = Object.keys(steps);
  const name = names[below(names.length)] ?? 'advance';
  await steps[name]?.();
  await both.compare();
  return name;
}

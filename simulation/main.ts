import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { minimise, reduced, type Reduction, type Size } from './minimise';
import { MUTATIONS, type Mutation } from './mutations';
import { runScenario } from './run-scenario';
import type { Failure, SeedsOutcome } from './run-seeds';
import { scenarioOf } from './scenario';
import { runSeedsInParallel } from './seed-pool';

const USAGE = `npm run sim -- [options]
  --seeds N         play N seeds (default 10,000)
  --from N          begin with seed N (default 1)
  --threads N       default: one for each processor
  --all             go on after a failure
  --seed N          play this seed alone
  --trace           with --seed: print what happens
  --keep A,B,…      with --seed: only these of its incidents
  --set NAME=N,…    with --seed: another size, for example migrations=1
  --mutation NAME   take a safeguard away: ${Object.keys(MUTATIONS).join(', ')}`;

/** `npm run sim`: exits with 1 when a rule is broken. */
async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      seeds: { type: 'string', default: '10000' },
      from: { type: 'string', default: '1' },
      threads: { type: 'string', default: String(availableParallelism()) },
      all: { type: 'boolean', default: false },
      seed: { type: 'string' },
      trace: { type: 'boolean', default: false },
      keep: { type: 'string' },
      set: { type: 'string' },
      mutation: { type: 'string', multiple: true, default: [] },
      help: { type: 'boolean', default: false },
    },
  });
  const mutations = values.mutation.filter((name): name is Mutation => name in MUTATIONS);
  if (values.help || mutations.length < values.mutation.length) {
    console.log(USAGE);
    return values.help ? 0 : 2;
  }
  if (values.seed !== undefined) return playOne(Number(values.seed), values, mutations);
  const threads = Number(values.threads);
  return playMany({ from: Number(values.from), count: Number(values.seeds), mutations, threads, stopAtFailure: !values.all });
}

function playOne(seed: number, options: { keep?: string; set?: string; trace: boolean }, mutations: Mutation[]): number {
  const scenario = scenarioOf(seed);
  const keep = options.keep === undefined ? scenario.incidents.map((_, at) => at) : numbers(options.keep);
  const outcome = runScenario(reduced(scenario, { keep, sizes: sizes(options.set) }), { mutations, tracing: options.trace });
  for (const line of outcome.trace) console.log(line);
  const { violation, steps, writes, endedAtMs } = outcome;
  console.log(`seed ${seed}: ${steps} steps, ${writes} durable writes, ended at ${endedAtMs / 1_000} s`);
  console.log(violation ? `BROKEN ${violation.rule}: ${violation.message}` : 'All rules held.');
  return violation ? 1 : 0;
}

async function playMany(seeds: Parameters<typeof runSeedsInParallel>[0]): Promise<number> {
  const startedMs = performance.now();
  let saidMs = startedMs;
  const outcome = await runSeedsInParallel(seeds, (sum) => {
    if (performance.now() - saidMs < 5_000) return;
    saidMs = performance.now();
    console.log(summary(sum, startedMs));
  });
  console.log(summary(outcome, startedMs));
  for (const failure of outcome.failures.slice(0, 5)) console.log(`BROKEN ${failure.rule}, seed ${failure.seed}: ${failure.message}`);
  const [first] = outcome.failures;
  if (first) explain(first, seeds.mutations);
  return first ? 1 : 0;
}

function summary({ seeds, steps, failures }: SeedsOutcome, startedMs: number): string {
  const seconds = (performance.now() - startedMs) / 1_000;
  const rate = Math.round(seeds / seconds);
  return `${seeds} seeds, ${steps} steps, ${failures.length} failures in ${seconds.toFixed(1)} s (${rate} seeds/s)`;
}

/** The smallest scenario that fails alike, its trace, and how to play it again. */
function explain({ seed }: Failure, mutations: Mutation[]): void {
  const scenario = scenarioOf(seed);
  const reduction = minimise(scenario, mutations);
  if (!reduction) return console.log(`Seed ${seed} does not fail when it is played again: the simulation itself is broken.`);
  const small = reduced(scenario, reduction);
  console.log(`\nThe smallest scenario that fails alike has ${small.incidents.length} of ${scenario.incidents.length} incidents:`);
  for (const incident of small.incidents) console.log(`  ${JSON.stringify(incident)}`);
  for (const line of runScenario(small, { mutations, tracing: true }).trace) console.log(line);
  console.log(`\nAgain, whole:    npm run sim -- --seed ${seed}${flags(mutations)} --trace`);
  console.log(`Again, smallest: npm run sim -- --seed ${seed}${flags(mutations)}${reductionFlags(reduction)} --trace`);
}

function flags(mutations: Mutation[]): string {
  return mutations.map((mutation) => ` --mutation ${mutation}`).join('');
}

function reductionFlags({ keep, sizes: changed }: Reduction): string {
  const set = Object.entries(changed).map(([name, value]) => `${name}=${value}`);
  return ` --keep "${keep.join(',')}"${set.length > 0 ? ` --set ${set.join(',')}` : ''}`;
}

function numbers(list: string): number[] {
  return list.split(',').filter(Boolean).map(Number);
}

function sizes(list = ''): Partial<Record<Size, number>> {
  const pairs = list.split(',').filter(Boolean);
  return Object.fromEntries(pairs.map((pair) => [pair.split('=')[0] ?? '', Number(pair.split('=')[1])]));
}

void main().then((code) => (process.exitCode = code));

// One process of workers, as the benchmark starts several: claims (and completes) jobs of one engine as fast as it can.
import { engines } from './engines.mjs';

const { engine: engineName, url, modules, name, connections, batch, completion, seconds } = JSON.parse(process.argv[2]);
const engine = await engines[engineName].connect({ url, modules, name, connections });

const finish = {
  // As few are held at once as workers would hold, and not everything that was claimed since the start.
  none: (jobs) => engine.forget(jobs),
  each: async (jobs) => {
    for (const job of jobs) await engine.complete(job);
  },
  together: (jobs) => engine.completeTogether(jobs),
}[completion];

const finishAll = async (jobs) => jobs.length > 0 && finish(jobs);

async function work(deadlineMs) {
  const result = { claims: 0, statements: 0, empty: 0 };
  while (performance.now() < deadlineMs) {
    const jobs = await engine.claim(batch);
    result.statements += 1;
    result.claims += jobs.length;
    if (jobs.length === 0) result.empty += 1;
    await finishAll(jobs);
  }
  return result;
}

// Connections are opened and plans made before the clock starts.
await Promise.all(Array.from({ length: connections }, async () => finishAll(await engine.claim(batch))));
process.send('ready');
await new Promise((resolve) => process.once('message', resolve));
const cpuBefore = process.cpuUsage();
const results = await Promise.all(Array.from({ length: connections }, () => work(performance.now() + seconds * 1_000)));
const cpu = process.cpuUsage(cpuBefore);
const sum = (key) => results.reduce((total, result) => total + result[key], 0);
process.send({ claims: sum('claims'), statements: sum('statements'), empty: sum('empty'), cpuSeconds: (cpu.user + cpu.system) / 1e6 });
await new Promise((resolve) => process.once('message', resolve));
process.exit(0);

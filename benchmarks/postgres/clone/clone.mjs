// One clone by the engine's stages, as a process of its own: `node clone.mjs SOURCE TARGET JOBS`. Prints what the stages took.
import { engine, jobOf } from './engine-job.mjs';

const [sourceUrl, targetUrl, jobs] = process.argv.slice(2);
const job = jobOf({ sourceUrl, targetUrl, jobs: Number(jobs) });
const signal = new AbortController().signal;
// The migrator is a service: it runs already when a migration begins.
const start = { seconds: performance.now() / 1000, cpuSeconds: cpuSeconds() };
const stages = {};
for (const stage of ['schema', 'copy', 'constraints']) {
  const at = performance.now();
  const { findings = [] } = await engine.stages[stage](job, signal);
  if (findings.length > 0) console.error(findings);
  stages[stage] = Math.round(performance.now() - at) / 1000;
}
console.log(JSON.stringify({ start, stages, peakMiB: Math.round(process.resourceUsage().maxRSS / 1024) }));
process.exit(0);

function cpuSeconds() {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

// `npm run bench:overload [-- --seconds N --loops N --times N]`: how many transitions a second the scheduler carries out while nobody reads,
// and while listings come at ten times the rate that it can serve. The machine is shared with the flood, so a control runs the same flood
// against a server that refuses everything: the difference between control and flood is what reads cost transitions.
import { fork } from 'node:child_process';
import { readFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { startEmbedded } from '../storage/embedded.mjs';
import { end, peakMiB } from '../storage/processes.mjs';
import { drive, silentEndpoint } from './transitions.mjs';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '10' },
    rounds: { type: 'string', default: '3' },
    loops: { type: 'string', default: '4' },
    times: { type: 'string', default: '10' },
  },
});
const seconds = Number(values.seconds);
const loops = Number(values.loops);
const folder = dirname(fileURLToPath(import.meta.url));
const CONNECTIONS = 256;
const LISTING = '/v1/workspaces/default/migrations?pageSize=50';

const percentile = (numbers, share) =>
  numbers.toSorted((a, b) => a - b)[Math.min(numbers.length - 1, Math.floor(numbers.length * share))] ?? 0;
const median = (numbers) => percentile(numbers, 0.5);

const work = mkdtempSync(join(tmpdir(), 'smartant-bench-'));
const silent = await silentEndpoint();
// One caller sends everything here: what is measured is admission, and not the rate of a caller before it.
process.env.SMARTANT_MAX_REQUESTS_PER_CALLER ??= '1000000';
const platform = await startEmbedded(join(work, 'data'));
const refuser = fork(join(folder, 'refuser.mjs'));
try {
  await compare();
} finally {
  silent.close();
  await end(refuser);
  await platform.stop();
  rmSync(work, { recursive: true, force: true });
}

async function compare() {
  const refuserUrl = await new Promise((resolve) => refuser.once('message', resolve));
  const transitions = () => drive(platform, silent.url, { loops, seconds });
  await drive(platform, silent.url, { loops, seconds: Math.min(5, seconds) });
  const sustainable = await sustainableRate();
  const rate = sustainable * Number(values.times);
  console.log(`listings served in a closed loop: ${sustainable.toFixed(0)} a second; the flood: ${rate.toFixed(0)} a second`);
  const memoryBefore = peakMiB(schedulerPid());
  const rounds = { alone: [], control: [], flood: [] };
  const floods = [];
  for (let round = 0; round < Number(values.rounds); round += 1) {
    rounds.alone.push(await transitions());
    rounds.control.push((await during(refuserUrl, rate, transitions)).result);
    const { result, flood } = await during(`${platform.url}${LISTING}`, rate, transitions);
    rounds.flood.push(result);
    floods.push(flood);
  }
  for (const [name, results] of Object.entries(rounds)) describe(name, results);
  const carried = (name) => median(rounds[name].map(({ perSecond }) => perSecond));
  console.log(
    `flood / alone: ${(carried('flood') / carried('alone')).toFixed(2)}; flood / control: ${(carried('flood') / carried('control')).toFixed(2)}`,
  );
  for (const flood of floods) console.log(`flood: ${describeFlood(flood)}`);
  console.log(`memory of the scheduler at most: ${memoryBefore} MiB before, ${peakMiB(schedulerPid())} MiB after`);
}

function describe(name, results) {
  const latencies = results.flatMap(({ latenciesMs }) => latenciesMs);
  const rates = results.map(({ perSecond }) => perSecond.toFixed(0)).join(', ');
  const refused = JSON.stringify(results.map((result) => result.refused));
  console.log(
    `${name}: ${median(results.map(({ perSecond }) => perSecond)).toFixed(0)} transitions/s (${rates}), ` +
      `p50 ${percentile(latencies, 0.5).toFixed(0)} ms, p99 ${percentile(latencies, 0.99).toFixed(0)} ms, refused ${refused}`,
  );
}

/** Listings a second that are answered when each of a few clients waits for its answer. */
async function sustainableRate() {
  const untilMs = performance.now() + 5_000;
  let served = 0;
  const loop = async () => {
    while (performance.now() < untilMs) {
      const response = await platform.call('GET', LISTING);
      await response.arrayBuffer();
      if (response.ok) served += 1;
    }
  };
  await Promise.all(Array.from({ length: 3 }, loop));
  return served / 5;
}

/** Runs `work` while a flood goes to the address; the flood has a process of its own. */
async function during(url, rate, work) {
  const child = fork(join(folder, 'flood.mjs'), [url, await platform.token(), String(rate), String(CONNECTIONS)]);
  const reports = [];
  child.on('message', (report) => reports.push(report));
  await new Promise((resolve) => child.once('message', resolve));
  reports.length = 0;
  const result = await work();
  const limits = await admissionState();
  await end(child);
  return { result, flood: { reports, limits } };
}

function describeFlood({ reports, limits }) {
  const sum = (value) => reports.reduce((total, report) => total + value(report), 0);
  const statuses = [...new Set(reports.flatMap(({ byStatus }) => Object.keys(byStatus)))];
  const answered = statuses.map((status) => `${status}: ${(sum(({ byStatus }) => byStatus[status] ?? 0) / reports.length).toFixed(0)}/s`);
  const okMs = reports.flatMap((report) => report.okMs);
  const sent = (sum((report) => report.sent) / reports.length).toFixed(0);
  const held = (sum((report) => report.notSent) / reports.length).toFixed(0);
  return `sent ${sent}/s (${held}/s found no free connection), answered ${answered.join(', ')}; served p99 ${percentile(okMs, 0.99).toFixed(0)} ms; at its end: ${limits}`;
}

/** What the scheduler itself says of its places and of its event loop. */
async function admissionState() {
  const text = await (await fetch(`http://127.0.0.1:${platform.ports.SMARTANT_SCHEDULER_ADMIN_PORT}/metrics`)).text();
  const value = (pattern) => text.match(pattern)?.[1] ?? '?';
  const lists = value(/^smartant_admission_limit\{[^}]*class="list"[^}]*\} (\S+)/m);
  const delayMs = Number(value(/^smartant_admission_loop_delay_seconds(?:\{[^}]*\})? (\S+)/m)) * 1_000;
  return `${Number(lists).toFixed(2)} listings at a time, event loop ${delayMs.toFixed(0)} ms late`;
}

function schedulerPid() {
  const processes = JSON.parse(readFileSync(join(platform.dataFolder, 'run', 'processes.json'), 'utf8'));
  return processes.find(({ name }) => name === 'scheduler')?.pid;
}

// The whole check behind .ci/run. Node built-ins only: nothing is installed when it begins.
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { browserIsThere } from '../provision/chromium.mjs';
import { meshIsThere } from '../provision/mesh-programs.mjs';
import { portSettings } from '../start/settings.mjs';
import { addTotals, noTotals } from '../test/totals.mjs';
import { closingText, runStep } from './run-step.mjs';

const minute = 60_000;
const deadlineMs = Date.now() + Number(process.env.SMARTANT_CI_BUDGET_MINUTES || 85) * minute;
/** How long machines take to be migrated and started, by how long `npm test` takes on the same processors, with some room. */
const BOOT_BY_SPECS = 1.3;
const leftMs = () => deadlineMs - Date.now();
const script = (name, ...args) => ['npm', 'run', '--silent', name, ...(args.length > 0 ? ['--', ...args] : [])];

let totals = noTotals();
/** How each step ended, said once more at the end: what failed is not looked for in an hour's output. */
const lines = [];
/** What each took. */
const tookMs = new Map();

/** `needsMs`: a step that is not likely to end in what is left of the budget is skipped, loudly. */
async function step({ name, needsMs = minute, limitMs = 20 * minute, ...rest }) {
  if (leftMs() < needsMs) {
    const reason = `${name}: ${Math.round(leftMs() / minute)} of the budgeted minutes are left, it needs about ${Math.round(needsMs / minute)}`;
    console.log(`SKIPPED: ${reason}`);
    totals = addTotals(totals, { ...noTotals(), skipped: 1, reasons: [reason] });
    return false;
  }
  const result = await runStep({ name, limitMs: Math.min(limitMs, leftMs()), ...rest });
  tookMs.set(name, result.tookMs);
  totals = addTotals(totals, result);
  lines.push(result.line);
  return result.ok;
}

/** Loudly, with its reason. */
function skip(reason) {
  console.log(`SKIPPED: ${reason}`);
  totals = addTotals(totals, { ...noTotals(), skipped: 1, reasons: [reason] });
}

/** Ports nobody has, and a data folder of its own: the check disturbs no platform that runs on this machine. */
async function freshPlatform(folder) {
  const servers = await Promise.all(
    Object.keys(portSettings).map(
      () =>
        new Promise((resolve) => {
          const server = createServer().listen(0, '127.0.0.1', () => resolve(server));
        }),
    ),
  );
  const ports = Object.values(portSettings).map(({ variable }, index) => [variable, String(servers[index].address().port)]);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return { SMARTANT_DATA: join(folder, 'data'), ...Object.fromEntries(ports) };
}

async function startOnce() {
  const folder = mkdtempSync(join(tmpdir(), 'smartant-ci-'));
  const environment = await freshPlatform(folder);
  const again = { environment, limitMs: 10 * minute, needsMs: 3 * minute };
  const ok = await step({ name: 'npm start -- --once', command: ['npm', 'start', '--silent', '--', '--once'], ...again });
  if (ok)
    await step({ name: 'npm start -- --once, again on the same data', command: ['npm', 'start', '--silent', '--', '--once'], ...again });
  rmSync(folder, { recursive: true, force: true });
}

/**
 * Machines that really start, emulated where there is no KVM: how long that takes goes by the processor alone, and so do most of the specs. One that is cut
 * off in the middle would fail for nothing.
 */
async function startMachines() {
  if (process.getuid?.() !== 0) return skip('test:boot: machines are made as root (npm run provision -- rescue source-machine)');
  const needsMs = Math.max(15 * minute, BOOT_BY_SPECS * (tookMs.get('npm test') ?? 0));
  const made = { command: script('provision', 'rescue', 'source-machine'), needsMs: needsMs + 4 * minute, limitMs: 15 * minute };
  if (await step({ name: 'provision machines', ...made })) {
    await step({ name: 'test:boot', command: script('test:boot'), needsMs, limitMs: 40 * minute });
  }
}

async function main() {
  const installed = await step({
    name: 'clean install',
    command: ['npm', 'ci', '--no-audit', '--no-fund', '--loglevel=error'],
    limitMs: 15 * minute,
  });
  if (!installed) return;
  // What others build on comes first, then what most often breaks; servers are provisioned before the tests that use them.
  await step({ name: 'build', command: ['npx', 'nx', 'run-many', '-t', 'build'] });
  for (const name of ['lint', 'typecheck', 'licences', 'proto:breaking']) await step({ name, command: script(name), limitMs: 12 * minute });
  await step({ name: 'generated code is up to date', command: ['node', 'tools/ci/check-generated.mjs'], limitMs: 5 * minute });
  for (const name of ['sbom', 'audit', 'provenance']) await step({ name, command: script(name), limitMs: 3 * minute });
  await startOnce();
  const provisionMinutes = Math.max(1, Math.floor(leftMs() / minute) - 40);
  await step({
    name: 'provision',
    command: script('provision', '--budget-minutes', String(provisionMinutes)),
    limitMs: (provisionMinutes + 2) * minute,
  });
  await step({ name: 'npm test', command: ['npm', 'test', '--silent'], needsMs: 10 * minute, limitMs: 50 * minute });
  await step({ name: 'test:e2e', command: script('test:e2e'), needsMs: 26 * minute, limitMs: 36 * minute });
  await step({ name: 'test:long', command: script('test:long'), needsMs: 18 * minute, limitMs: 30 * minute });
  await step({ name: 'test:replicas', command: script('test:replicas'), needsMs: 8 * minute, limitMs: 15 * minute });
  // Minutes to run, a quarter of an hour to build what it runs with.
  if (meshIsThere(process.env.SMARTANT_CACHE || join(homedir(), '.cache', 'smartant'))) {
    await step({ name: 'test:mesh', command: script('test:mesh'), needsMs: 11 * minute, limitMs: 18 * minute });
  } else {
    skip('test:mesh: run npm run provision -- mesh and npm run test:mesh');
    // Kong needs none of that, but a container engine; the pipelines need neither.
    const others = ['e2e/gateway', 'e2e/mesh/gitlab-ci', 'e2e/mesh/jenkins'];
    await step({ name: 'test:mesh, the gateway and the pipelines', command: script('test:mesh', ...others), needsMs: 4 * minute });
  }
  // The whole platform in a browser that somebody has installed, or `provision` where it may.
  if (browserIsThere()) await step({ name: 'test:console', command: script('test:console'), needsMs: 15 * minute, limitMs: 25 * minute });
  else skip('test:console: run npm run provision -- chromium and npm run test:console');
  await startMachines();
  // Last of what runs by itself, since it is the longest: its short form; SMARTANT_FAULTS asks for more.
  const few = { SMARTANT_FAULTS: process.env.SMARTANT_FAULTS || '25' };
  await step({ name: 'test:faults', command: script('test:faults'), environment: few, needsMs: 36 * minute, limitMs: 40 * minute });
  skip('test:faults:host: run npm run test:faults:host');
}

await main();
console.log(closingText(lines, totals));
process.exitCode = totals.failed > 0 ? 1 : 0;

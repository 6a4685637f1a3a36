// The whole check behind .ci/run. Node built-ins only: nothing is installed when it begins.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { repositoryRoot } from '../start/install.mjs';
import { portSettings } from '../start/settings.mjs';
import { addTotals, noTotals, summaryLine } from '../test/totals.mjs';
import { runStep } from './run-step.mjs';

const minute = 60_000;
const deadlineMs = Date.now() + Number(process.env.SMARTANT_CI_BUDGET_MINUTES || 80) * minute;
const leftMs = () => deadlineMs - Date.now();
const script = (name, ...args) => ['npm', 'run', '--silent', name, ...(args.length > 0 ? ['--', ...args] : [])];
const { scripts } = JSON.parse(readFileSync(join(repositoryRoot, 'package.json'), 'utf8'));

let totals = noTotals();

/** `needsMs`: a step that is not likely to end in what is left of the budget is skipped, loudly. */
async function step({ name, needsMs = minute, limitMs = 20 * minute, ...rest }) {
  if (leftMs() < needsMs) {
    const reason = `${name}: ${Math.round(leftMs() / minute)} of the budgeted minutes are left, it needs about ${Math.round(needsMs / minute)}`;
    console.log(`SKIPPED: ${reason}`);
    totals = addTotals(totals, { ...noTotals(), skipped: 1, reasons: [reason] });
    return false;
  }
  const result = await runStep({ name, limitMs: Math.min(limitMs, leftMs()), ...rest });
  totals = addTotals(totals, result);
  return result.ok;
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

async function checkGenerated() {
  const inGit = spawnSync('git', ['rev-parse', '--is-inside-work-tree'], { cwd: repositoryRoot }).status === 0;
  if (!inGit) {
    console.log('SKIPPED: generated code is up to date: this is no git work tree');
    totals = addTotals(totals, { ...noTotals(), skipped: 1, reasons: ['generated code is up to date: this is no git work tree'] });
    return;
  }
  const generators = ['proto:generate', 'openapi:generate', 'docs:generate'].filter((name) => scripts[name]);
  const command = [
    ...generators.map((name) => `npm run --silent ${name}`),
    'git diff --exit-code --stat -- libs/contracts docs/state-machine.md',
  ].join(' && ');
  await step({ name: 'generated code is up to date', command: ['sh', '-c', command], limitMs: 5 * minute });
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

async function main() {
  const installed = await step({
    name: 'clean install',
    command: ['npm', 'ci', '--no-audit', '--no-fund', '--loglevel=error'],
    limitMs: 15 * minute,
  });
  if (!installed) return;
  // What others build on comes first, then what most often breaks; servers are provisioned before the tests that use them.
  await step({ name: 'build', command: ['npx', 'nx', 'run-many', '-t', 'build'] });
  for (const name of ['lint', 'typecheck', 'licences', 'proto:breaking']) await step({ name, command: script(name), limitMs: 5 * minute });
  await checkGenerated();
  for (const name of ['sbom', 'audit', 'provenance']) await step({ name, command: script(name), limitMs: 3 * minute });
  await startOnce();
  const provisionMinutes = Math.max(1, Math.floor(leftMs() / minute) - 40);
  await step({
    name: 'provision',
    command: script('provision', '--budget-minutes', String(provisionMinutes)),
    limitMs: (provisionMinutes + 2) * minute,
  });
  await step({ name: 'npm test', command: ['npm', 'test', '--silent'], needsMs: 10 * minute, limitMs: 40 * minute });
  // The short form of the faults; SMARTANT_FAULTS asks for more.
  const few = { SMARTANT_FAULTS: process.env.SMARTANT_FAULTS || '25' };
  for (const name of ['test:faults', 'test:kafka'].filter((suite) => scripts[suite])) {
    await step({ name, command: script(name), environment: few, needsMs: 5 * minute, limitMs: 30 * minute });
  }
}

await main();
if (totals.reasons.length > 0) console.log('');
for (const reason of totals.reasons) console.log(`SKIPPED: ${reason}`);
console.log(`\n${summaryLine(totals)}`);
process.exitCode = totals.failed > 0 ? 1 : 0;

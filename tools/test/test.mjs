// Runs the tests: `npm test [-- jest arguments]`. Without arguments: the unit and contract tests.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryRoot } from '../start/install.mjs';
import { addTotals, failuresOfJest, filesToRerun, noTotals, skipReasons, summaryLine, totalsOfJest, withRerun } from './totals.mjs';

const jest = join(repositoryRoot, 'node_modules/jest/bin/jest.js');

/** Suites that are not part of the plain run have a configuration of their own: `--config FILE` runs just that. */
function takeConfig(args) {
  const at = args.indexOf('--config');
  return at < 0 ? undefined : args.splice(at, 2)[1];
}

/** `--faults N` and `--seed N`, for the fault suites: how many strike, and which. */
function takeFaults(args) {
  for (const [option, variable] of [
    ['--faults', 'SMARTANT_FAULTS'],
    ['--seed', 'SMARTANT_FAULT_SEED'],
  ]) {
    const at = args.indexOf(option);
    if (at < 0) continue;
    const [, value] = args.splice(at, 2);
    if (!/^\d+$/.test(value ?? '')) throw new Error(`${option} takes a whole number`);
    process.env[variable] = value;
  }
}

/** The end-to-end suites have a configuration of their own: they are slow, and run one after another. */
function chooseConfig(args) {
  const named = takeConfig(args);
  if (named) return named;
  const paths = args.filter((arg) => !arg.startsWith('-'));
  if (paths.some((path) => path.includes('.long'))) return 'jest.long.config.cjs';
  if (paths.some((path) => /(^|\/)e2e\/(scaling|upgrade)(\/|$)/.test(path))) return 'jest.replicas.config.cjs';
  return paths.some((path) => /(^|\/)e2e(\/|$)/.test(path)) ? 'jest.e2e.config.cjs' : 'jest.config.cjs';
}

/**
 * How many files run at once. Specs wait for servers, leases and processes for nearly half of their time: three keep two processors busy.
 * A journey is several processes already, and a machine that starts is mostly one. What is not here runs one after another.
 */
const filesAtOnce = { 'jest.config.cjs': 3, 'jest.long.config.cjs': 3, 'jest.e2e.config.cjs': 2, 'jest.boot.config.cjs': 2 };

/** Faults strike at random: what they once found is found, whatever a second run says. */
const neverTwice = /faults|fuzz|boot/;

/**
 * Files that failed are run once more, alone, where they are few: what passes then hung on what ran beside it, and is named as unstable.
 * What fails twice has failed.
 */
async function runTests(config, args) {
  const first = await runJest(config, args);
  if (!first.result) return { ...noTotals(), failed: 1, failures: [`${config}: jest ended without a result`], reasons: first.reasons };
  const again = neverTwice.test(config) ? [] : filesToRerun(first.result);
  if (again.length > 0) console.error(`\n${again.length} of the files failed; alone, once more:`);
  const second =
    again.length > 0 ? await runJest(config, ['--runInBand', '--runTestsByPath', ...again]) : { code: first.code, reasons: [] };
  const result = second.result ? withRerun(first.result, second.result) : first.result;
  const failures = failuresOfJest(result, repositoryRoot);
  const totals = { ...totalsOfJest(result), failures, reasons: [...new Set([...first.reasons, ...second.reasons])] };
  totals.unstable = failuresOfJest(first.result, repositoryRoot).filter((name) => !failures.includes(name));
  // Jest fails for reasons beside its tests too, such as no test found at all.
  if (second.code !== 0 && totals.failed === 0)
    Object.assign(totals, { failed: 1, failures: [`${config}: jest ended with status ${second.code}`] });
  return totals;
}

/** Jest as a child whose output we show and read: skipped tests announce their reasons there. */
async function runJest(config, args) {
  const outputFile = join(repositoryRoot, 'tmp', `${config}.${process.pid}.json`);
  mkdirSync(join(repositoryRoot, 'tmp'), { recursive: true });
  const color = process.stdout.isTTY ? ['--colors'] : [];
  const most = args.includes('--runInBand') ? 1 : (filesAtOnce[config] ?? 1);
  // Modules of files that have ended are never wholly freed: a worker that has grown is replaced between two files, before its heap is full.
  const workers = most > 1 ? [`--maxWorkers=${most}`, '--workerIdleMemoryLimit=1500MB'] : ['--runInBand'];
  const child = spawn(process.execPath, [jest, '--config', config, ...workers, ...color, '--json', `--outputFile=${outputFile}`, ...args], {
    cwd: repositoryRoot,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text) => {
    process.stderr.write(text);
    said += text;
  });
  const code = await new Promise((resolve) => child.once('close', resolve));
  const result = existsSync(outputFile) ? JSON.parse(readFileSync(outputFile, 'utf8')) : undefined;
  rmSync(outputFile, { force: true });
  return { code, result, reasons: skipReasons(said) };
}

const build = spawnSync(process.execPath, [join(repositoryRoot, 'tools/build/build.mjs')], { cwd: repositoryRoot, stdio: 'inherit' });
let totals = build.status === 0 ? noTotals() : { ...noTotals(), failed: 1, failures: ['the build'] };
if (build.status === 0) {
  const args = process.argv.slice(2);
  takeFaults(args);
  totals = addTotals(totals, await runTests(chooseConfig(args), args));
}
if (totals.reasons.length > 0) {
  console.log('\nNot everything was tested here:');
  for (const reason of totals.reasons) console.log(`SKIPPED: ${reason}`);
  console.log('');
}
for (const name of totals.unstable) console.log(`UNSTABLE: ${name}`);
for (const failure of totals.failures) console.log(`FAILED: ${failure}`);
console.log(summaryLine(totals));
process.exitCode = totals.failed > 0 ? 1 : 0;

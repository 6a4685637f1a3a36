import { spawn } from 'node:child_process';
import { repositoryRoot } from '../start/install.mjs';
import { failureLines, noTotals, parseSummary, skipReasons, summaryLine, unstableLines } from '../test/totals.mjs';

/**
 * Runs one command and shows its output as it comes. Resolves with totals: those of its own summary line where it ends in
 * one, else one passed or failed; `failures` name what failed, each after the step. It is ended, with everything it started, when `limitMs` is over.
 */
export async function runStep({ name, command, environment = {}, limitMs }) {
  console.log(`\n=== ${name}: ${command.join(' ')}`);
  const startedMs = Date.now();
  const child = spawn(command[0], command.slice(1), {
    cwd: repositoryRoot,
    env: { ...process.env, CI: 'true', NX_DAEMON: 'false', ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  // Apart: what is written to one after the other may well be heard before it.
  const said = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr']) {
    child[name].setEncoding('utf8').on('data', (text) => {
      process[name].write(text);
      said[name] += text;
    });
  }
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    endGroup(child.pid);
  }, limitMs);
  const status = await new Promise((resolve) => {
    child.once('error', () => resolve(127));
    child.once('close', (code) => resolve(code ?? 1));
  });
  clearTimeout(timer);
  const notDone = late ? `not done after ${Math.round(limitMs / 60_000)} min` : '';
  const totals = judge({ name, status, notDone, ...said });
  const verdict = totals.failed === 0 ? 'ok' : late ? `FAILED: ${notDone}` : 'FAILED';
  const tookMs = Date.now() - startedMs;
  const line = `${name}: ${verdict} (${(tookMs / 1000).toFixed(1)} s)`;
  console.log(`=== ${line}`);
  return { ...totals, ok: totals.failed === 0, line, tookMs };
}

function judge({ name, status, notDone, stdout, stderr }) {
  const own = notDone ? undefined : parseSummary(stdout);
  const reasons = skipReasons(`${stdout}\n${stderr}`);
  const isWell = status === 0 && !notDone;
  // A command that counts no failure but ends in one has failed all the same.
  const counted = own
    ? { ...own, failed: isWell ? own.failed : Math.max(own.failed, 1) }
    : { ...noTotals(), passed: isWell ? 1 : 0, failed: isWell ? 0 : 1 };
  const unstable = unstableLines(stdout).map((test) => `${name}: ${test}`);
  return { ...counted, reasons, unstable, failures: counted.failed > 0 ? namedFailures(name, stdout, notDone) : [] };
}

/** What a step named as failed, each after its own name; the step alone where it named nothing. */
function namedFailures(name, stdout, notDone) {
  const named = [...failureLines(stdout), ...(notDone ? [notDone] : [])];
  return named.length > 0 ? named.map((failure) => `${name}: ${failure}`) : [name];
}

/** What a whole check ends in: how each step ended, what was skipped, what passed only alone and what failed, by name, and the totals as the last line. */
export const closingText = (lines, totals) =>
  [
    '',
    ...lines,
    '',
    ...totals.reasons.map((reason) => `SKIPPED: ${reason}`),
    ...totals.unstable.map((test) => `UNSTABLE: ${test}`),
    ...totals.failures.map((failure) => `FAILED: ${failure}`),
    '',
    summaryLine(totals),
  ].join('\n');

/** Politely, then for good: the group is ours, since the child was made its leader. */
function endGroup(pid) {
  const signal = (name) => {
    try {
      process.kill(-pid, name);
    } catch {
      // Gone already.
    }
  };
  signal('SIGTERM');
  setTimeout(() => signal('SIGKILL'), 20_000).unref();
}

import { spawn } from 'node:child_process';
import { repositoryRoot } from '../start/install.mjs';
import { noTotals, parseSummary, skipReasons } from '../test/totals.mjs';

/**
 * Runs one command and shows its output as it comes. Resolves with totals: those of its own summary line where it ends in
 * one, else one passed or failed. It is ended, with everything it started, when `limitMs` is over.
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
  const totals = judge({ status, late, ...said });
  const verdict = late ? `FAILED: not done after ${Math.round(limitMs / 60_000)} min` : totals.failed > 0 ? 'FAILED' : 'ok';
  const line = `${name}: ${verdict} (${((Date.now() - startedMs) / 1000).toFixed(1)} s)`;
  console.log(`=== ${line}`);
  return { ...totals, ok: totals.failed === 0, line };
}

function judge({ status, late, stdout, stderr }) {
  const own = late ? undefined : parseSummary(stdout);
  const reasons = skipReasons(`${stdout}\n${stderr}`);
  if (!own) return { ...noTotals(), passed: status === 0 && !late ? 1 : 0, failed: status === 0 && !late ? 0 : 1, reasons };
  // A command that counts no failure but ends in one has failed all the same.
  return { ...own, failed: status === 0 ? own.failed : Math.max(own.failed, 1), reasons };
}

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

// What a program and all that it starts cost: CPU seconds as the kernel adds them up, and the peak of their memory together.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

function children(pid) {
  const path = `/proc/${pid}/task/${pid}/children`;
  const own = existsSync(path) ? readFileSync(path, 'utf8').trim().split(/\s+/).filter(Boolean) : [];
  return own.flatMap((child) => [child, ...children(child)]);
}

function residentMiB(pid) {
  try {
    // Private memory: pages that forked processes share count once, in whoever has them mapped first.
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    return Number(/RssAnon:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024;
  } catch {
    return 0;
  }
}

/** Runs a command of bash; resolves with seconds, CPU seconds of the whole tree, peak anonymous MiB, and its output. */
export async function measureTree(command, env = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'smartant-measure-'));
  const times = join(folder, 'times');
  const startedMs = performance.now();
  const child = spawn('bash', ['-c', `TIMEFORMAT='%U %S'; { time { ${command}; } 2>&1; } 2>${times}`], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  let peak = 0;
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk));
  const sample = setInterval(() => {
    peak = Math.max(
      peak,
      [child.pid, ...children(child.pid)].reduce((sum, pid) => sum + residentMiB(pid), 0),
    );
  }, 50);
  const status = await new Promise((resolve) => child.once('close', resolve));
  clearInterval(sample);
  const seconds = (performance.now() - startedMs) / 1000;
  const [user = 0, system = 0] = readFileSync(times, 'utf8').trim().split(' ').map(Number);
  rmSync(folder, { recursive: true });
  if (status !== 0) throw new Error(`${command}: ${output.slice(-2000)}`);
  return { seconds, cpuSeconds: user + system, peakMiB: Math.round(peak), output };
}

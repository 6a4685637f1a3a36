import { execFileSync, spawnSync } from 'node:child_process';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** Where `npm run provision` puts it, or on the PATH; null: not there. */
export function findProgram(name: 'promtool' | 'amtool'): string | null {
  for (const candidate of [join(process.env['SMARTANT_CACHE'] ?? join(homedir(), '.cache', 'smartant'), 'bin', name), name]) {
    try {
      execFileSync(candidate, ['--version'], { stdio: 'ignore' });
      return candidate;
    } catch {
      // not this one
    }
  }
  return null;
}

/** Runs to the end; `said` is what it wrote to both outputs, `stdout` what it answered. */
export function runProgram(program: string, args: string[], input?: string): { status: number | null; said: string; stdout: string } {
  const { status, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8', input });
  return { status, said: `${stdout}${stderr}`, stdout };
}

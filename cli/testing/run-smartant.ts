import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';

const repository = join(__dirname, '..', '..');
const executable = join(repository, 'cli', 'bin', 'smartant.mjs');

export interface CliResult {
  code: number | null;
  stdout: string;
  stderr: string;
}

export interface RunOptions {
  env?: Record<string, string>;
  cwd?: string;
  input?: string;
  /** Called with all output so far, each time there is more. */
  onOutput?: (text: string, child: ChildProcess) => void;
  /** The Node that starts it; this test's own when absent. */
  node?: string;
}

/** Compiles what the command needs: tests run it as users do. */
export function buildSmartant(): void {
  const built = spawnSync(process.execPath, ['tools/build/build.mjs', 'libs/kernel', 'libs/proof', 'cli'], {
    cwd: repository,
    encoding: 'utf8',
  });
  if (built.status !== 0) throw new Error(built.stderr);
}

/** Runs `smartant` as a process of its own, with nothing of this process's environment but the path. */
export function runSmartant(args: string[], options: RunOptions = {}): Promise<CliResult> {
  const env = { PATH: process.env['PATH'] ?? '', HOME: options.cwd ?? '/nonexistent', LANG: 'C', ...options.env };
  const child = spawn(options.node ?? process.execPath, [executable, ...args], { env, cwd: options.cwd });
  const result: CliResult = { code: null, stdout: '', stderr: '' };
  const watch = () => options.onOutput?.(result.stdout + result.stderr, child);
  child.stdout.on('data', (chunk: Buffer) => ((result.stdout += chunk.toString()), watch()));
  child.stderr.on('data', (chunk: Buffer) => ((result.stderr += chunk.toString()), watch()));
  child.stdin.end(options.input ?? '');
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ ...result, code }));
  });
}

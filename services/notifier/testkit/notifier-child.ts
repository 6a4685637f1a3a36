import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { NotifierProcessOptions } from './notifier-process';

const RUNNER = join(__dirname, '..', '..', '..', 'libs', 'platform', 'lifecycle', 'testkit', 'run-typescript.cjs');

/** A notifier's engine in a process of its own, which may be killed and started again. */
export class NotifierChild {
  /** The largest resident set that any of its processes had. */
  peakBytes = 0;
  private child: ChildProcess | undefined;

  /** `heapMib`: what it may have in use at once; it ends where that is not enough. */
  constructor(
    private readonly options: NotifierProcessOptions,
    private readonly heapMib?: number,
  ) {}

  /** Resolves when its engine runs. */
  async start(): Promise<void> {
    const bounds = this.heapMib === undefined ? [] : [`--max-old-space-size=${this.heapMib}`];
    const child = spawn(process.execPath, [...bounds, '-r', RUNNER, join(__dirname, 'notifier-process.ts'), JSON.stringify(this.options)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.child = child;
    await Promise.race([
      once(child.stdout, 'data'),
      once(child, 'exit').then(() => Promise.reject(new Error('the notifier did not start'))),
    ]);
  }

  /** SIGKILL: whatever it is doing. */
  async kill(): Promise<void> {
    const { child } = this;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    this.look();
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  }

  private look(): void {
    const status = readFileSync(`/proc/${this.child?.pid}/status`, 'utf8');
    const kib = Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0);
    this.peakBytes = Math.max(this.peakBytes, kib * 1024);
  }
}

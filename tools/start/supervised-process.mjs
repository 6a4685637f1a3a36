import { spawn } from 'node:child_process';
import { LogDigest } from './log-digest.mjs';
import { identityOf } from './process-identity.mjs';
import { StartError } from './start-error.mjs';

const firstBackoffMs = 500;
const longestBackoffMs = 30_000;
/** A process that lived this long is taken for healthy: its next crash starts at the first backoff again. */
const healthyAfterMs = 60_000;
const startAttempts = 3;
/**
 * One helper thread for V8: each chunk from a socket is a buffer of its own, and four helpers that look for dead ones at
 * once cost a copy of large objects a fifth of its speed on two cores. The Dockerfiles say the same.
 */
const nodeArguments = ['--enable-source-maps', '--v8-pool-size=1'];
/** Exit status of a service whose settings are wrong (sysexits' EX_CONFIG). */
const wrongConfiguration = 78;

/**
 * A child process that is kept running. It has its own process group, so that Ctrl-C in a terminal reaches the
 * supervisor alone, and an IPC channel whose end tells it that the supervisor is gone, even by kill -9.
 */
export class SupervisedProcess {
  #child;
  #stopping = false;
  #crashes = 0;
  #timer;
  #wasReady = false;

  /** `isReady` resolves with true when it can be used; `stopMs` is how long it may take to end by itself. */
  constructor({ name, script, args = [], environment, logFile, isReady, stopMs = 15_000, say, onChange = () => {} }) {
    Object.assign(this, { name, script, args, environment, isReady, stopMs, say, onChange });
    this.digest = new LogDigest({ name, file: logFile, say });
    this.logFile = logFile;
  }

  start() {
    const startedMs = Date.now();
    const child = spawn(process.execPath, [...nodeArguments, this.script, ...this.args], {
      env: { ...this.environment, SMARTANT_SUPERVISED: '1' },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      detached: true,
    });
    this.#child = child;
    this.digest.follow(child.stdout);
    this.digest.follow(child.stderr);
    child.on('error', (error) => this.digest.lastLines.push(error.message));
    child.once('exit', (code, signal) => this.#ended(child, { code, signal, livedMs: Date.now() - startedMs }));
    this.onChange();
  }

  #ended(child, { code, signal, livedMs }) {
    if (this.#child !== child) return;
    this.#child = undefined;
    this.onChange();
    if (this.#stopping) return;
    // A wrong configuration does not become right by trying again.
    if (code === wrongConfiguration) this.#crashes = startAttempts;
    else this.#crashes = livedMs > healthyAfterMs ? 1 : this.#crashes + 1;
    const waitMs = Math.min(firstBackoffMs * 2 ** (this.#crashes - 1), longestBackoffMs);
    if (this.#wasReady) this.say(`${this.name} ended (${signal ?? `status ${code}`}); starting it again in ${waitMs / 1000} s`);
    this.#timer = setTimeout(() => this.start(), waitMs);
  }

  /** Resolves when the process is ready; START_SERVICE_FAILED when it ended three times or is not ready in time. */
  async whenReady(limitMs = 90_000) {
    for (const deadline = Date.now() + limitMs; ;) {
      if (await this.isReady().catch(() => false)) break;
      if (this.#crashes >= startAttempts) throw this.#failed('it ended while starting');
      if (Date.now() > deadline) throw this.#failed(`it was not ready within ${limitMs / 1000} s`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    this.#wasReady = true;
    this.#crashes = 0;
  }

  #failed(reason) {
    const last = this.digest.lastLines.slice(-12).join('\n  ');
    return new StartError(
      'START_SERVICE_FAILED',
      `${this.name} did not start: ${reason}.${last ? `\n  ${last}` : ''}`,
      `Its logs are in ${this.logFile} and beside it.`,
    );
  }

  get identity() {
    return this.#child?.pid ? { name: this.name, ...identityOf(this.#child.pid) } : undefined;
  }

  /** Asks it to end, and ends it when it has not after `stopMs`; `immediately`: at once. */
  async stop({ immediately = false } = {}) {
    this.#stopping = true;
    clearTimeout(this.#timer);
    const child = this.#child;
    if (child && child.exitCode === null && child.signalCode === null) {
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill(immediately ? 'SIGKILL' : 'SIGTERM');
      const timer = setTimeout(() => {
        this.say(`${this.name} did not end within ${this.stopMs / 1000} s: ending it`);
        child.kill('SIGKILL');
      }, this.stopMs);
      await ended;
      clearTimeout(timer);
    }
    this.digest.close();
  }
}

import { closeLogFiles, type Logger } from '@smartant/platform/logging';
import { exitCodes, reportFatal } from './fatal-error';

/** Registers something to stop or close. Steps run one after another, the last registered first; a failing step does not stop the others. */
export type OnShutdown = (name: string, fn: () => void | Promise<void>) => void;

export interface RunServiceOptions {
  name: string;
  logger: Logger;
  /** Opens everything and returns once the service works. What was opened before a failure is closed again. */
  start: (onShutdown: OnShutdown) => void | Promise<void>;
  /** The longest that all shutdown steps may take together. Default 25 s: Kubernetes kills after 30 s. */
  shutdownLimitMs?: number;
}

/**
 * Runs a service from start to exit. SIGTERM and SIGINT shut it down in reverse order of `onShutdown` (exit 0); a second signal exits
 * at once (130). With SMARTANT_SUPERVISED=1 so does the end of the IPC channel to the supervisor: it is gone, even by kill -9. A start that fails prints code, message and hint and exits with 1, or 78 for a wrong configuration. An uncaught
 * exception shuts down and exits with 70, and a shutdown over its limit exits with 75. A signal during the start waits for no one:
 * what is open so far is closed.
 */
export async function runService(options: RunServiceOptions): Promise<void> {
  const { name, logger, start } = options;
  const shutdown = new Shutdown(options);
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => shutdown.onSignal(signal));
  for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
    process.on(event, (error: unknown) => {
      logger.fatal({ err: error, event }, 'the service crashed');
      void shutdown.run(exitCodes.crashed);
    });
  }
  if (process.env['SMARTANT_SUPERVISED'] === '1') {
    process.once('disconnect', () => shutdown.onOrphaned());
    // The channel may have closed while modules were loaded, before anybody listened.
    if (process.connected === false) shutdown.onOrphaned();
  }
  const startedMs = Date.now();
  try {
    await start(shutdown.add);
    if (!shutdown.running) logger.info({ startMs: Date.now() - startedMs }, 'service started');
  } catch (error) {
    if (shutdown.running) return;
    logger.fatal({ err: error }, 'service failed to start');
    await shutdown.run(reportFatal(name, error));
  }
}

class Shutdown {
  running = false;
  private readonly steps: { name: string; fn: () => void | Promise<void> }[] = [];

  constructor(private readonly options: RunServiceOptions) {}

  readonly add: OnShutdown = (name, fn) => {
    this.steps.push({ name, fn });
    // A start that goes on after a signal must not leave open what it opens from here on.
    if (this.running) void this.close(this.steps.pop());
  };

  onSignal(signal: NodeJS.Signals): void {
    if (this.running) {
      this.options.logger.warn({ signal }, 'second signal: exiting at once');
      process.exit(exitCodes.interruptedTwice);
    }
    this.options.logger.info({ signal }, 'shutting down');
    void this.run(exitCodes.stopped);
  }

  onOrphaned(): void {
    if (this.running) return;
    this.options.logger.info('the supervisor is gone: shutting down');
    void this.run(exitCodes.stopped);
  }

  async run(exitCode: number): Promise<void> {
    if (this.running) return;
    this.running = true;
    const { logger, shutdownLimitMs = 25_000 } = this.options;
    setTimeout(() => {
      logger.fatal({ shutdownLimitMs }, 'shutdown took too long');
      process.exit(exitCodes.shutdownTimedOut);
    }, shutdownLimitMs).unref();
    for (let step = this.steps.pop(); step !== undefined; step = this.steps.pop()) await this.close(step);
    logger.info({ exitCode }, 'service stopped');
    await closeLogFiles();
    process.exit(exitCode);
  }

  private async close(step: { name: string; fn: () => void | Promise<void> } | undefined): Promise<void> {
    if (step === undefined) return;
    try {
      await step.fn();
      this.options.logger.debug({ step: step.name }, 'closed');
    } catch (error) {
      this.options.logger.error({ err: error, step: step.name }, 'a shutdown step failed');
    }
  }
}

import type { Level, Logger } from 'pino';

/** A level that holds for a while instead of the configured one. */
export interface LevelOverride {
  /** Null: of the whole service. */
  module: string | null;
  level: string;
  /** Milliseconds since the epoch. */
  untilMs: number;
}

/** Longest that `setTimeout` can wait. */
const LONGEST_WAIT_MS = 2 ** 31 - 1;

/** The levels of a process's loggers. Each belongs to the module of the nearest `logger.child({ module })`. */
class LogLevels {
  private readonly loggers: { module: string | null; configured: string; logger: WeakRef<Logger> }[] = [];
  private overrides: readonly LevelOverride[] = [];
  private timer: NodeJS.Timeout | undefined;

  register(logger: Logger, module: string | null, configured: string): void {
    this.loggers.push({ module, configured, logger: new WeakRef(logger) });
    // Goes through all, and forgets those that are gone: children may be made for a moment.
    if (this.overrides.length > 0 || this.loggers.length % 256 === 0) this.apply();
  }

  /** Replaces all earlier ones; those that have run out are passed over. */
  override(overrides: readonly LevelOverride[]): void {
    this.overrides = overrides;
    this.apply();
  }

  private apply(): void {
    const nowMs = Date.now();
    this.overrides = this.overrides.filter(({ untilMs }) => untilMs > nowMs);
    for (const [index, { module, configured, logger }] of [...this.loggers.entries()].reverse()) {
      const living = logger.deref();
      if (living) living.level = this.levelOf(module) ?? configured;
      else this.loggers.splice(index, 1);
    }
    clearTimeout(this.timer);
    if (this.overrides.length === 0) return;
    const waitMs = Math.min(...this.overrides.map(({ untilMs }) => untilMs)) - nowMs;
    this.timer = setTimeout(() => this.apply(), Math.min(waitMs, LONGEST_WAIT_MS)).unref();
  }

  private levelOf(module: string | null): Level | undefined {
    const found = this.overrides.find((one) => one.module === module) ?? this.overrides.find((one) => one.module === null);
    return found?.level as Level | undefined;
  }
}

export const logLevels = new LogLevels();

import type { World } from './world';

/**
 * A process: timers and answers that arrive at it die with it, and wait while it is stopped (SIGSTOP). What it has sent
 * into the world goes on without it.
 */
export class Process {
  /** Grows with each start: what belongs to an earlier life is dropped. */
  life = 0;
  isUp = false;
  private stoppedUntilMs = 0;
  private cutOffUntilMs = 0;
  /** Its wall clock is off by so much. Its monotonic clock is true, and goes on while it is stopped. */
  clockOffsetMs = 0;

  constructor(
    readonly world: World,
    readonly name: string,
    private readonly boot: () => void,
  ) {}

  get isRunning(): boolean {
    return this.isUp && this.world.nowMs >= this.stoppedUntilMs;
  }

  /** True while it reaches no database. */
  get isCutOff(): boolean {
    return this.world.nowMs < this.cutOffUntilMs;
  }

  cutOff(forMs: number): void {
    this.world.note(this.name, () => `is cut off from its database for ${forMs} ms`);
    this.cutOffUntilMs = this.world.nowMs + forMs;
  }

  /** Milliseconds since the epoch by its wall clock. */
  get wallMs(): number {
    return this.world.nowMs + this.clockOffsetMs;
  }

  start(): void {
    if (this.isUp) return;
    this.isUp = true;
    this.boot();
  }

  /** Gone at once, with everything it knew. */
  kill(restartAfterMs: number): void {
    if (!this.isUp) return;
    this.world.note(this.name, () => `is killed; starts again in ${restartAfterMs} ms`);
    this.isUp = false;
    this.life += 1;
    this.stoppedUntilMs = 0;
    this.world.at(restartAfterMs, () => this.start());
  }

  stop(forMs: number): void {
    if (!this.isUp) return;
    this.world.note(this.name, () => `is stopped for ${forMs} ms`);
    this.stoppedUntilMs = Math.max(this.stoppedUntilMs, this.world.nowMs + forMs);
  }

  /** Runs `then` after a while in this life of the process, later if it is stopped at that time. */
  after(delayMs: number, then: () => void): void {
    const { life } = this;
    const fire = (): void => {
      if (life !== this.life) return;
      const waitMs = this.stoppedUntilMs - this.world.nowMs;
      if (waitMs > 0) this.world.at(waitMs, fire);
      else then();
    };
    this.world.at(delayMs, fire);
  }
}

/** Does a step as long as there is something to do, then waits until something is due, or it is poked. */
export class EngineLoop {
  private stopped = false;
  private wake: (() => void) | undefined;
  private poked = false;
  private running: Promise<void> = Promise.resolve();

  /**
   * `step`: true when there may be more. `waitMs`: how long nothing is due, at most `longestMs`: what other replicas write is found by looking. A step that
   * fails is reported and tried again after a pause.
   */
  constructor(
    private readonly options: {
      step: () => Promise<boolean>;
      waitMs: () => Promise<number | null>;
      longestMs: number;
      onError: (error: unknown) => void;
    },
  ) {}

  start(): void {
    this.running = this.run();
  }

  poke(): void {
    this.poked = true;
    this.wake?.();
  }

  /** Resolves when the step that is under way has ended. */
  async stop(): Promise<void> {
    this.stopped = true;
    this.wake?.();
    await this.running;
  }

  private async run(): Promise<void> {
    const { step, waitMs, longestMs, onError } = this.options;
    while (!this.stopped) {
      this.poked = false;
      let pauseMs = longestMs;
      try {
        while (!this.stopped && (await step()));
        if (!this.stopped) pauseMs = Math.min(longestMs, Math.max(20, (await waitMs()) ?? longestMs));
      } catch (error) {
        onError(error);
        pauseMs = longestMs;
      }
      if (!this.stopped && !this.poked) await this.pause(pauseMs);
    }
  }

  private pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const end = () => {
        clearTimeout(timer);
        this.wake = undefined;
        resolve();
      };
      const timer = setTimeout(end, ms);
      this.wake = end;
    });
  }
}

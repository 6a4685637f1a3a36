/** A bell that ends one sleeper's wait. A ring while nobody sleeps is kept for the next wait. */
export class WakeUp {
  private rung = false;
  private wakeSleeper: (() => void) | null = null;

  ring(): void {
    this.rung = true;
    this.wakeSleeper?.();
  }

  /** Resolves when rung, or after `timeoutMs`. */
  async wait(timeoutMs: number): Promise<void> {
    if (!this.rung) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, timeoutMs);
        this.wakeSleeper = () => {
          clearTimeout(timer);
          resolve();
        };
      });
      this.wakeSleeper = null;
    }
    this.rung = false;
  }
}

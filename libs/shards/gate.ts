interface Waiter {
  weight: number;
  enter: () => void;
}

/**
 * A fair, weighted semaphore whose limit may change while it is in use: how many objects are in flight, or how many
 * bytes of buffers are held. First come, first served, so that one big demand is not starved by small ones.
 */
export class Gate {
  private held = 0;
  private readonly queue: Waiter[] = [];

  /** `open` is asked before each entry: while it says no, nobody comes in, whatever the limit. */
  constructor(
    private most: number,
    private readonly open: () => boolean = () => true,
  ) {}

  /** What is held now. */
  get inUse(): number {
    return this.held;
  }

  /** What is waited for now. */
  get waiting(): number {
    return this.queue.reduce((sum, waiter) => sum + waiter.weight, 0);
  }

  get limit(): number {
    return this.most;
  }

  /** Takes effect at once for those that wait; nothing that is held is taken away. With 0 nobody comes in. */
  setLimit(limit: number): void {
    this.most = limit;
    this.admit();
  }

  /**
   * Waits for a place and resolves with the function that gives it back (calling it again does nothing). A weight above
   * the limit is let in alone. Rejects with the signal's reason.
   */
  async enter(signal: AbortSignal, weight = 1): Promise<() => void> {
    signal.throwIfAborted();
    const free = this.tryEnter(weight);
    if (free) return free;
    await this.wait(weight, signal);
    return this.release(weight);
  }

  /** A place if there is one at once and nobody waits; else null. */
  tryEnter(weight = 1): (() => void) | null {
    return this.queue.length === 0 && this.fits(weight) ? this.hold(weight) : null;
  }

  private wait(weight: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const waiter: Waiter = {
        weight,
        enter: () => {
          signal.removeEventListener('abort', abort);
          this.held += weight;
          resolve();
        },
      };
      const abort = (): void => {
        this.queue.splice(this.queue.indexOf(waiter), 1);
        reject(signal.reason);
        this.admit();
      };
      signal.addEventListener('abort', abort, { once: true });
      this.queue.push(waiter);
    });
  }

  private fits(weight: number): boolean {
    return this.most > 0 && (this.held === 0 || this.held + weight <= this.most) && this.open();
  }

  private hold(weight: number): () => void {
    this.held += weight;
    return this.release(weight);
  }

  private release(weight: number): () => void {
    let given = false;
    return () => {
      if (given) return;
      given = true;
      this.held -= weight;
      this.admit();
    };
  }

  private admit(): void {
    for (let next = this.queue[0]; next && this.fits(next.weight); next = this.queue[0]) {
      this.queue.shift();
      next.enter();
    }
  }
}

/** Does at most so much at once; whoever adds waits while all are busy, so that nothing piles up. The first failure ends it. */
export class WorkPool {
  private readonly running = new Set<Promise<void>>();
  private failure: { error: unknown } | undefined;

  constructor(
    private readonly limit: number,
    /** Aborts what else runs. */
    private readonly onFailure: (error: unknown) => void,
  ) {}

  /** Resolves when something could begin at once. Rejects with the first failure. */
  async room(): Promise<void> {
    while (this.running.size >= this.limit) await Promise.race(this.running);
    if (this.failure) throw this.failure.error;
  }

  /** Resolves when the work has begun. Rejects with the first failure. */
  async add(work: () => Promise<void>): Promise<void> {
    await this.room();
    const running = work()
      .catch((error: unknown) => {
        this.failure ??= { error };
        this.onFailure(error);
      })
      .finally(() => this.running.delete(running));
    this.running.add(running);
  }

  /** Waits for everything. Rejects with the first failure. */
  async drain(): Promise<void> {
    while (this.running.size > 0) await Promise.race(this.running);
    if (this.failure) throw this.failure.error;
  }
}

/** One piece of work on tables of the target. */
export interface BuildJob {
  id: string;
  /** Jobs that have to be done before; unknown ones count as done. */
  after: readonly string[];
  /** The table that it works on; null: none. */
  table: string | null;
  /** It does not let others work on its table meanwhile (ALTER TABLE); else they share it (CREATE INDEX). */
  isExclusive: boolean;
  /** Larger ones first, so that the last to end is none of them. */
  weight: number;
  run: (worker: number) => Promise<void>;
}

/**
 * Runs jobs on a number of workers, the heaviest that may run first; more may be added until it is ended. Two that would wait for each other's
 * locks are not run at once. The first that fails ends it: no further ones begin, and `run` raises once those that run have ended.
 */
export class BuildQueue {
  private readonly waiting: BuildJob[] = [];
  private readonly unfinished = new Set<string>();
  private readonly users = new Map<string, { shared: number; exclusive: boolean }>();
  private readonly failures: unknown[] = [];
  private wakers: (() => void)[] = [];
  private running = 0;
  private isEnded = false;

  /** Jobs that others wait for are added with them or before. */
  add(jobs: readonly BuildJob[]): void {
    for (const job of jobs) this.unfinished.add(job.id);
    this.waiting.push(...jobs);
    this.waiting.sort((one, other) => other.weight - one.weight);
    this.wake();
  }

  /** Nothing is added any more: `run` resolves when everything is done. */
  end(): void {
    this.isEnded = true;
    this.wake();
  }

  /** Nothing begins any more. */
  stop(): void {
    this.waiting.length = 0;
    this.end();
  }

  async run(workers: number): Promise<void> {
    await Promise.all(Array.from({ length: Math.max(1, workers) }, (_, worker) => this.work(worker)));
    if (this.failures.length > 0) throw this.failures[0];
  }

  private async work(worker: number): Promise<void> {
    while (this.failures.length === 0 && !(this.isEnded && this.waiting.length === 0)) {
      const index = this.waiting.findIndex((job) => this.mayRun(job));
      if (index >= 0) {
        await this.runOne(this.waiting.splice(index, 1)[0]!, worker);
        continue;
      }
      if (this.isEnded && this.running === 0) throw new Error(`nothing may begin: ${this.waiting.map(({ id }) => id).join(', ')}`);
      await new Promise<void>((resolve) => this.wakers.push(resolve));
    }
  }

  private async runOne(job: BuildJob, worker: number): Promise<void> {
    this.running += 1;
    this.changeUse(job, 1);
    await job.run(worker).catch((error: unknown) => this.failures.push(error));
    this.changeUse(job, -1);
    this.running -= 1;
    this.unfinished.delete(job.id);
    this.wake();
  }

  private mayRun({ after, table, isExclusive }: BuildJob): boolean {
    const use = table === null ? undefined : this.users.get(table);
    return !after.some((id) => this.unfinished.has(id)) && !(use && (use.exclusive || (isExclusive && use.shared > 0)));
  }

  private changeUse({ table, isExclusive }: BuildJob, by: 1 | -1): void {
    if (table === null) return;
    const { shared, exclusive } = this.users.get(table) ?? { shared: 0, exclusive: false };
    this.users.set(table, isExclusive ? { shared, exclusive: by === 1 } : { shared: shared + by, exclusive });
  }

  private wake(): void {
    const wakers = this.wakers;
    this.wakers = [];
    for (const wake of wakers) wake();
  }
}

/** Runs jobs that are all known. */
export async function runBuildQueue(jobs: readonly BuildJob[], workers: number): Promise<void> {
  const queue = new BuildQueue();
  queue.add(jobs);
  queue.end();
  await queue.run(workers);
}

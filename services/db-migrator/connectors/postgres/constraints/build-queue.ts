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
 * Runs jobs on a number of workers, the heaviest that may run first. Two that would wait for each other's locks are not run at once. The first
 * that fails ends it: no further ones begin, and it raises once those that run have ended.
 */
export async function runBuildQueue(jobs: readonly BuildJob[], workers: number): Promise<void> {
  const waiting = [...jobs].sort((one, other) => other.weight - one.weight);
  const unfinished = new Set(jobs.map(({ id }) => id));
  const users = new Map<string, { shared: number; exclusive: boolean }>();
  const failures: unknown[] = [];
  let running = 0;
  const wakers: (() => void)[] = [];
  const mayRun = ({ after, table, isExclusive }: BuildJob) => {
    const use = table === null ? undefined : users.get(table);
    return !after.some((id) => unfinished.has(id)) && !(use && (use.exclusive || (isExclusive && use.shared > 0)));
  };
  const next = () => {
    const index = waiting.findIndex(mayRun);
    return index < 0 ? undefined : waiting.splice(index, 1)[0];
  };
  const changeUse = ({ table, isExclusive }: BuildJob, by: 1 | -1) => {
    if (table === null) return;
    const { shared, exclusive } = users.get(table) ?? { shared: 0, exclusive: false };
    users.set(table, isExclusive ? { shared, exclusive: by === 1 } : { shared: shared + by, exclusive });
  };
  const work = async (worker: number) => {
    while (waiting.length > 0 && failures.length === 0) {
      const job = next();
      if (!job) {
        if (running === 0) throw new Error(`nothing may begin: ${waiting.map(({ id }) => id).join(', ')}`);
        await new Promise<void>((resolve) => wakers.push(resolve));
        continue;
      }
      running += 1;
      changeUse(job, 1);
      await job.run(worker).catch((error: unknown) => failures.push(error));
      changeUse(job, -1);
      running -= 1;
      unfinished.delete(job.id);
      for (const wake of wakers.splice(0)) wake();
    }
    for (const wake of wakers.splice(0)) wake();
  };
  await Promise.all(Array.from({ length: Math.max(1, workers) }, (_, worker) => work(worker)));
  if (failures.length > 0) throw failures[0];
}

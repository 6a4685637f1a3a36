import type { RunSignal } from '@smartant/shards';
import type { Run } from '../../domain/run';
import { RunContext, type ProcessResources } from './run-context';

interface Shared {
  context: RunContext;
  users: number;
}

/** One context for all shards of a run and kind in this process, so that they share connections and limits; closed after the last one. */
export class RunContexts {
  private readonly open = new Map<string, Shared>();

  constructor(private readonly resources: ProcessResources) {}

  async use<T>(run: Run, verifying: boolean, work: (context: RunContext) => Promise<T>): Promise<T> {
    // A plan made after the context was opened must be seen: the key changes with it.
    const key = `${run.runId} ${verifying ? 'verify' : 'copy'} ${run.plan ? 'planned' : 'new'}`;
    const shared = this.open.get(key) ?? { context: new RunContext(run, this.resources, verifying), users: 0 };
    this.open.set(key, shared);
    shared.users += 1;
    try {
      return await work(shared.context);
    } finally {
      shared.users -= 1;
      if (shared.users === 0) {
        this.open.delete(key);
        this.releaseSecrets(run);
        await shared.context.close();
      }
    }
  }

  private releaseSecrets(run: Run): void {
    const isAtWork = [...this.open.values()].some(({ context }) => context.run.runId === run.runId);
    if (!isAtWork) this.resources.secrets.release(run);
  }

  hear(signal: RunSignal): void {
    for (const { context } of this.open.values()) if (context.run.runId === signal.runId) context.hear(signal);
  }

  /** Runs that this process works on, for progress. */
  active(): RunContext[] {
    return [...this.open.values()].map(({ context }) => context);
  }
}

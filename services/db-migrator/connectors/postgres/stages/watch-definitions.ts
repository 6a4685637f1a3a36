import type { StreamState } from '../../../domain/stream-state';
import { readScope, type OpenJob } from './open-job';
import { compareDefinitions } from './verify-all';

type Drift = Pick<StreamState, 'definitionDifferenceCount' | 'definitionDifferences'>;

const EVERY_MS = 60_000;
/** Of the time, at most one part in so many is spent on looking. */
const SHARE = 50;
const TOLD = 3;

/**
 * Whether the definitions at both ends are still the same, looked at now and then while changes flow. The stream tells columns of the tables whose
 * rows change, and nothing of indexes, defaults, constraints, views and functions: without this they would come up at the cutover only.
 */
export class DefinitionWatch {
  private dueMs = 0;
  private drift: Drift = { definitionDifferenceCount: 0, definitionDifferences: [] };

  /** The same job, whose stream tells what was found. */
  watching(open: OpenJob): OpenJob {
    const { job } = open;
    return { ...open, job: { ...job, stream: (state) => job.stream({ ...state, ...this.drift }) } };
  }

  /** Looks where it is time to. A look that fails is told in the log, and tried again. */
  async look(open: OpenJob, signal: AbortSignal): Promise<void> {
    const began = Date.now();
    if (began < this.dueMs) return;
    try {
      const { tables } = await readScope(open, signal);
      const { differences, differenceCount } = await compareDefinitions(open, tables, signal);
      this.tell(open, {
        definitionDifferenceCount: differenceCount,
        definitionDifferences: differences.slice(0, TOLD).map(({ key, detail }) => `${key}: ${detail}`),
      });
    } catch (error) {
      signal.throwIfAborted();
      open.job.warn('definitions could not be compared while changes flow', {}, error);
    }
    this.dueMs = Date.now() + Math.max(EVERY_MS, SHARE * (Date.now() - began));
  }

  private tell({ job }: OpenJob, found: Drift): void {
    const isNews = JSON.stringify(found) !== JSON.stringify(this.drift);
    this.drift = found;
    if (!isNews) return;
    const { definitionDifferenceCount: differences, definitionDifferences: first } = found;
    if (differences === 0) job.info('definitions are the same at both ends again', {});
    else job.warn('definitions differ between source and target', { differences, first: first.join('; ') });
  }
}

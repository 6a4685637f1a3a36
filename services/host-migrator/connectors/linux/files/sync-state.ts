import type { HostJob } from '../../../application/ports/host-engine';
import type { FactsOfBoth } from './host-facts';

/** What is kept of a migration's rounds. Seconds of the source's clock. */
interface FilesState {
  /** When the walk of the last round that has ended began; null: none has. */
  since: number | null;
  /** When the first attempt at the round that has not ended began; null: none has begun. */
  attempt: number | null;
}

const NAME = 'files';

/** Moments that tell what may have changed since it was copied. */
export interface RoundTimes {
  since: number;
  attempt: number;
  /** The target's clock minus the source's. */
  clockOffset: number;
  /** Of this attempt. */
  startedAt: number;
  /** Begun anew after an attempt that did not end. */
  resumed: boolean;
  /** No round has ended yet. */
  first: boolean;
}

/** Notes the beginning of a round, by the clocks of both, before anything is copied in it. */
export async function beginRound(job: HostJob, { ofSource, ofTarget }: FactsOfBoth): Promise<RoundTimes> {
  const [sourceNow, targetNow] = [ofSource.clock, ofTarget.clock];
  const state = await loadState(job);
  const attempt = state.attempt ?? sourceNow;
  if (state.attempt === null) await job.state.save({ [NAME]: { ...state, attempt } });
  return {
    since: state.since ?? attempt,
    attempt,
    clockOffset: targetNow - sourceNow,
    startedAt: sourceNow,
    resumed: state.attempt !== null,
    first: state.since === null,
  };
}

/** The round has ended: what changed after its walk began is the next one's. */
export async function endRound(job: HostJob, times: RoundTimes): Promise<void> {
  await job.state.save({ [NAME]: { since: times.startedAt, attempt: null } satisfies FilesState });
}

/** When the walk of the last round that ended began; null: none has. */
export async function lastRoundStart(job: Pick<HostJob, 'state'>): Promise<number | null> {
  return (await loadState(job)).since;
}

async function loadState(job: Pick<HostJob, 'state'>): Promise<FilesState> {
  const stored = (await job.state.load())[NAME] as Partial<FilesState> | undefined;
  return { since: stored?.since ?? null, attempt: stored?.attempt ?? null };
}

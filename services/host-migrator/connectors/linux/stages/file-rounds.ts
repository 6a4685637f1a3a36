import { unconvert } from '../boot/convert';
import { clearFlags } from '../files/carry-flags';
import { syncFiles } from '../files/sync-files';
import { verifyFiles } from '../files/verify-files';
import { atBothEnds } from './both-ends';
import type { DataEngine } from './data-engine';
import { preparedState, saveState } from './engine-state';
import { isImage } from './target-system';

/** By files: both sides are walked, and what differs is carried into the mounted filesystems of the target. */
export const fileRounds: DataEngine = {
  async sync(job, settings, signal) {
    const { inventory, layout } = await preparedState(job);
    // An image is never changed itself: its clone is.
    const ownDisks = layout !== undefined && !isImage(job.target);
    return atBothEnds(
      job,
      settings,
      { inventory, layout },
      async (options) => {
        // Also after a conversion that failed half-way: what it kept would be put back over what comes now by the next one.
        if (ownDisks) {
          await clearFlags(job, options, signal);
          await unconvert(options.target, options.targetRoot, signal);
          await saveState(job, { hostKeys: null, restarted: false });
        }
        const { predicted, way, restlessFiles } = await syncFiles(job, options, signal);
        job.info('a round has ended', {
          way: way ?? 'none',
          restlessFiles,
          predictedBytes: predicted.bytes,
          predictedSeconds: predicted.seconds,
        });
        return { prediction: predicted };
      },
      signal,
    );
  },

  async verify(job, settings, signal) {
    const { inventory, layout } = await preparedState(job);
    return atBothEnds(
      job,
      settings,
      { inventory, layout },
      async (options) => ({ verification: await verifyFiles(job, { ...options, level: job.scope.verify }, signal) }),
      signal,
    );
  },
};

import { many } from './many';

/** Of how a migration goes on. `../zh/progress.ts` has the same entries. */
export const progress = {
  texts: {
    detached: (id: string) => `Migration ${id} goes on without this command. Come back: smartant migration watch ${id}`,
    reconnecting: 'The connection was lost; trying again. The migration is not affected.',
    phases: {
      precheck: 'precheck',
      prepare: 'prepare',
      full: 'full copy',
      incremental: 'incremental',
      rehearsal: 'rehearsal',
      cutover: 'cutover',
      reversible: 'reversible',
      finalize: 'finalizing',
      rollback: 'rolling back',
      done: 'done',
    },
    statuses: {
      pending: 'pending',
      running: 'running',
      waiting: 'waiting',
      paused: 'paused',
      failed: 'failed',
      succeeded: 'succeeded',
      cancelled: 'cancelled',
    },
    round: (round: number) => `round ${round}`,
    verifying: 'verifying',
    objects: (count: string) => many(count, 'object'),
    objectsOf: (done: string, total: string) => `${done}/${many(total, 'object')}`,
    perSecond: '/s',
    left: 'left',
    counted: (copied: string, unchanged: string, deleted: string) => `${copied} copied, ${unchanged} unchanged, ${deleted} deleted`,
    quarantined: (count: string) => `${count} failed`,
    waitingForCutover: (id: string) => `In step with the source. Stop its writers, then: smartant migration cutover ${id} --frozen`,
    waitingForFinalize: (id: string) => `Cut over and verified. When all is well: smartant migration finalize ${id} (or rollback)`,
    waitingForWindow: (id: string, until: string) =>
      `Waits for its window, which opens at ${until}. At once: smartant migration limits ${id} --window off`,
    waitingForLateWrites: (until: string) =>
      `A worker was lost. What it had sent may reach the target until ${until}; what deletes or verifies goes on by itself after that.`,
    waitingForAttempt: (until: string, error: string) =>
      `Waits, and tries again at ${until}${error === '' ? '.' : `, because of ${error}`}`,
    attempting: (since: string, error: string) => `Tries again since ${since}${error === '' ? '.' : `, because of ${error}`}`,
    stuck: (since: string, error: string) =>
      `No step has gone through since ${since}; it is tried again and again. The last time: ${error}`,
    standing: { window: 'window closed', 'late-writes': 'late writes', 'next-attempt': 'trying again', stuck: 'stuck' },
    outsideStop: 'nothing moves between the windows',
    outsideLimits: (limits: string) => `between the windows: ${limits}`,
    pausedNow: (id: string) => `Paused. Go on: smartant migration resume ${id}`,
    verified: (objects: string, bytes: string, level: string) =>
      `Verified: ${many(objects, 'object')}, ${bytes}, equal at both sides (${level}).`,
    verifiedWaived: (count: string) => `Verified, but for ${many(count, 'difference')} waived on the record.`,
    asOf: (time: string) => `The source was not frozen: this holds as of ${time}.`,
    different: (count: string) => `The target differs from the source in ${many(count, 'object')}:`,
    moreDifferences: (count: string) => `… and ${count} more`,
    ended: { succeeded: 'Done.', cancelled: 'Cancelled.', failed: 'Failed.' },
    retryHint: (id: string) => `What is copied stays. Again: smartant migration retry ${id}`,
  },
};

import { createEgressGuard } from '@smartant/platform/egress';
import { openNotifierDatabase } from '../adapters/postgres/open-database';
import { AesSecretBox } from '../adapters/sealing/aes-secret-box';
import { createChannelTypes } from '../channels/channel-types';
import { composeNotifier } from '../compose-notifier';
import { KEY_OF_TESTS, quietObserver } from './notifier-rig';

/** A notifier's engine as a process of its own, for tests that kill it: `notifier-process.ts DATABASE_URL`. Its times are short. */
async function run(url: string): Promise<void> {
  const database = await openNotifierDatabase(url);
  const notifier = composeNotifier({
    database,
    kinds: createChannelTypes({ guard: createEgressGuard({ allowLoopback: true, allow: [], deny: [], ours: [] }) }),
    box: new AesSecretBox([KEY_OF_TESTS]),
    observer: quietObserver,
    publicUrl: '',
    slots: 4,
    retryHours: 72,
    retentionDays: 30,
    times: { sendMs: 30_000, leaseMs: 1_500, doubtMs: 200 },
    lookMs: 50,
  });
  notifier.start();
  process.stdout.write('running\n');
}

void run(process.argv[2] ?? '');

import { createEgressGuard } from '@smartant/platform/egress';
import { createLogger } from '@smartant/platform/logging';
import { startIntakeServer } from '../adapters/http/intake-server';
import { openNotifierDatabase } from '../adapters/postgres/open-database';
import { AesSecretBox } from '../adapters/sealing/aes-secret-box';
import { createChannelTypes } from '../channels/channel-types';
import { composeNotifier } from '../compose-notifier';
import { DOUBT_MS_OF_TESTS, KEY_OF_TESTS, quietObserver } from './notifier-rig';

export interface NotifierProcessOptions {
  /** Of its database. */
  url: string;
  /** Where alerts are brought by HTTP; absent: nowhere. */
  intake?: { port: number; token: string };
  /** Of a claim; longer than a sending process may be kept from going on by a busy machine. */
  leaseMs?: number;
}

/** A notifier's engine as a process of its own, for tests that kill it: `notifier-process.ts OPTIONS`. Its times are short. */
async function run({ url, intake, leaseMs = 1_500 }: NotifierProcessOptions): Promise<void> {
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
    times: { sendMs: 30_000, leaseMs, doubtMs: DOUBT_MS_OF_TESTS },
    lookMs: 50,
  });
  notifier.start();
  const logger = createLogger({ service: 'notifier', level: 'error', output: process.stderr });
  if (intake) await startIntakeServer({ ...intake, host: '127.0.0.1', intake: notifier.intake, logger });
  process.stdout.write('running\n');
}

void run(JSON.parse(process.argv[2] ?? '{}') as NotifierProcessOptions);

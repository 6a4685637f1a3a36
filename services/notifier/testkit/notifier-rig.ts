import type { Database } from '@smartant/platform/postgres';
import { freshDatabase } from '@smartant/test-servers';
import { openNotifierDatabase } from '../adapters/postgres/open-database';
import { AesSecretBox } from '../adapters/sealing/aes-secret-box';
import type { PutChannel } from '../application/channels/channel-service';
import type { NotifierObserver } from '../application/engine/observer';
import { composeNotifier, type Notifier, type NotifierParts } from '../compose-notifier';
import type { AlertReport } from '../domain/alert';
import { RecordingChannel } from './recording-channel';

export const quietObserver: NotifierObserver = {
  received: () => undefined,
  expired: () => undefined,
  flushed: () => undefined,
  templateFailed: () => undefined,
  attempted: () => undefined,
  fellBack: () => undefined,
  uncertain: () => undefined,
  failed: () => undefined,
};

/** What the secrets of channels are sealed with in every process of a test. */
export const KEY_OF_TESTS = Buffer.alloc(32, 7);

/** For how long processes of tests do not send again what may have been taken. */
export const DOUBT_MS_OF_TESTS = 200;

/** A notifier over a database of its own, with a channel that records. */
export class NotifierRig {
  readonly channel = new RecordingChannel();
  readonly failures: unknown[] = [];
  private readonly running: Notifier[] = [];

  private constructor(
    readonly url: string,
    readonly database: Database,
    private readonly box: AesSecretBox,
  ) {}

  static async start(): Promise<NotifierRig> {
    const url = await freshDatabase('notifier');
    const database = await openNotifierDatabase(url);
    return new NotifierRig(url, database, new AesSecretBox([KEY_OF_TESTS]));
  }

  compose(parts: Partial<NotifierParts> = {}): Notifier {
    const observer = { ...quietObserver, failed: (_part: string, error: unknown) => void this.failures.push(error) };
    const facts = { publicUrl: 'https://smartant.example', slots: 8, retryHours: 72, retentionDays: 30, lookMs: 50 };
    const notifier = composeNotifier({ database: this.database, kinds: this.channel.types(), box: this.box, observer, ...facts, ...parts });
    this.running.push(notifier);
    return notifier;
  }

  async stop(): Promise<void> {
    for (const notifier of this.running.splice(0)) await notifier.stop();
    await this.database.close();
  }
}

export function report(change: Partial<AlertReport> = {}): AlertReport {
  return {
    workspaceId: 'ws_1',
    name: 'migration-failed',
    severity: 'critical',
    labels: { migration: 'orders' },
    annotations: { error_code: 'STORAGE_ACCESS_DENIED', error_message: 'The key may not read the bucket.' },
    source: 'scheduler',
    migrationId: 'mig_1',
    startsAt: new Date('2026-11-29T10:00:00Z'),
    endsAt: null,
    traceId: '',
    spanId: '',
    ...change,
  };
}

export function putChannel(change: Partial<PutChannel> = {}): PutChannel {
  return {
    requestId: '',
    workspaceId: 'ws_1',
    id: '',
    ifVersion: 0,
    name: 'ops',
    type: 'recording',
    settings: { to: 'ops' },
    secrets: {},
    language: 'en',
    enabled: true,
    fallbackChannelId: '',
    ...change,
  };
}

export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  for (const deadline = Date.now() + 60_000; !(await holds()); await new Promise((resolve) => setTimeout(resolve, 10)))
    if (Date.now() > deadline) throw new Error('not in a minute');
}

import { toSmartantError, type SmartantError } from '@smartant/kernel';
import type { Session } from '@smartant/platform/postgres';

export interface RunNewsOptions {
  openSession: () => Promise<Session>;
  /** A run was paused, resumed, ended, opened, closed or given other settings, or has new shards. */
  hear: (runId: string) => void;
  onError?: (error: SmartantError) => void;
}

const REOPEN_MS = 1_000;

/** In the transaction that changes a run: `$1` is its id. Heard when that commits. */
export const NOTIFY_SQL = `SELECT pg_notify('shard_run.' || current_schema(), $1)`;

/**
 * Hears at once of changes to runs that any replica makes, by LISTEN. Only a shortcut: news are lost while its session is
 * away, and whoever listens looks at the runs every second all the same.
 */
export class RunNews {
  private session: Session | undefined;
  private closed = false;
  private opening: Promise<void> = Promise.resolve();
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly options: RunNewsOptions) {}

  open(): void {
    this.closed = false;
    this.opening = this.listen().catch((error: unknown) => {
      this.options.onError?.(toSmartantError(error));
      this.reopenLater();
    });
  }

  async close(): Promise<void> {
    this.closed = true;
    clearTimeout(this.timer);
    await this.opening;
    await this.session?.close();
  }

  private async listen(): Promise<void> {
    const session = await this.options.openSession();
    if (this.closed) return session.close();
    this.session = session;
    session.onNotification((_channel, runId) => this.options.hear(runId));
    session.onEnd(() => this.reopenLater());
    try {
      const [row] = await session.query<{ channel: string }>(`SELECT quote_ident('shard_run.' || current_schema()) AS channel`);
      await session.query(`LISTEN ${row?.channel}`);
    } catch (error) {
      await session.close();
      throw error;
    }
  }

  private reopenLater(): void {
    this.session = undefined;
    if (this.closed) return;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.open(), REOPEN_MS);
    this.timer.unref();
  }
}

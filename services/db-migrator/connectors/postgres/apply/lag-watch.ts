import { formatLsn, parseLsn, type Lsn } from '../replication/lsn';
import { LAST_LSN, readSlot, slotLost } from '../replication/slot';
import type { PgEndpoint, PgSession } from '../session/pg-session';

export interface StreamLag {
  appliedPosition: string;
  sourcePosition: string;
  lagBytes: number;
  /** Age of the oldest change that is not applied yet, as far as it can be told; milliseconds. */
  lagMs: number;
  /** Log that the source keeps for the slot. */
  retainedBytes: number;
}

const KEPT_SAMPLES = 600;

/** Looks at the source's end of the log, on a session of its own. */
export class LagWatch {
  private readonly samples: { lsn: Lsn; atMs: number }[] = [];
  private retainedBytes = 0;
  private polling: Promise<void> | undefined;

  private constructor(
    private readonly session: PgSession,
    private readonly slot: string,
    private readonly onError: (error: unknown) => void,
  ) {}

  static async open(source: PgEndpoint, slot: string, migrationId: string, signal: AbortSignal, onError: (error: unknown) => void) {
    const session = await source.open({ applicationName: `smartant watch ${migrationId}`, signal });
    return new LagWatch(session, slot, onError);
  }

  /** Starts a look unless one is under way. */
  poll(): void {
    this.polling ??= this.look()
      .catch(this.onError)
      .finally(() => (this.polling = undefined));
  }

  private async look(): Promise<void> {
    const [row] = await this.session.query(`SELECT ${LAST_LSN} AS lsn`);
    const state = await readSlot(this.session, this.slot);
    if (!state || state.walStatus === 'lost') throw slotLost(this.slot);
    this.retainedBytes = state.retainedBytes;
    this.samples.push({ lsn: parseLsn(row?.['lsn'] ?? '0/0'), atMs: Date.now() });
    if (this.samples.length > KEPT_SAMPLES) this.samples.splice(1, 1);
  }

  /** `oldestPendingMs`: when the oldest received change that waits was committed, by our clock. */
  lag(applied: Lsn, oldestPendingMs: number | undefined): StreamLag {
    while (this.samples.length > 1 && (this.samples[0]?.lsn ?? 0n) <= applied) this.samples.shift();
    const last = this.samples.at(-1)?.lsn ?? applied;
    const source = last > applied ? last : applied;
    const first = this.samples[0];
    const sinceMs = [oldestPendingMs, first && first.lsn > applied ? first.atMs : undefined].filter((ms) => ms !== undefined);
    return {
      appliedPosition: formatLsn(applied),
      sourcePosition: formatLsn(source),
      lagBytes: Number(source - applied),
      lagMs: sinceMs.length > 0 ? Math.max(0, Date.now() - Math.min(...sinceMs)) : 0,
      retainedBytes: this.retainedBytes,
    };
  }

  async close(): Promise<void> {
    this.session.destroy();
    await this.polling;
  }
}

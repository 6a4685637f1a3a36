import { tmpdir } from 'node:os';
import { parseLsn, type Lsn } from '../replication/lsn';
import type { ValueForm } from '../replication/messages';
import { ReplicationStream } from '../replication/replication-stream';
import { SpilledTransactions } from '../replication/spilled-transactions';
import { Wakeup } from '../replication/wakeup';
import { cancelled } from '../session/pg-errors';
import { ApplySessions } from './apply-sessions';
import { BatchQueue } from './batch-queue';
import { BatchWriter } from './batch-writer';
import { ChangeIntake } from './change-intake';
import { KnownTables } from './known-tables';
import { LagWatch } from './lag-watch';
import { PutAside } from './put-aside';
import type { StreamChangesOptions } from './stream-options';
import { takeOverPosition } from './take-over-position';
import { TransactionReader } from './transaction-reader';

const TICK_MS = 100;
const STATE_MS = 1_000;
/** How often the position of a quiet source is written down, so that it may throw its log away. */
const QUIET_MS = 5_000;

/** Behind the source by more than this, changes are taken some at a time: nobody waits for a single one of them. */
const BEHIND_MS = 1_000;
/**
 * The server sends each change by itself, and a reader that keeps up is woken for a few of them: taking what came in so long costs a third less than
 * taking it as it comes, and makes batches that are worth their commit.
 */
const GATHER_MS = 20;

/** One connection to both sides: reads, plans and writes until something fails or the end is reached. */
export class StreamRun {
  hasProgressed = false;
  private readonly wake = new Wakeup();
  private readonly until: Lsn | undefined;
  private quietSinceMs = Date.now();
  private admitted = 0;
  private takenAtMs = 0;
  private isBehind = false;
  private stateAtMs = 0;
  private readonly sessions: ApplySessions;
  private queue!: BatchQueue;
  private tables!: KnownTables;
  private reader!: TransactionReader;
  private stream!: ReplicationStream;
  private spilled!: SpilledTransactions;
  private watch: LagWatch | undefined;
  private watching: Promise<void> | undefined;

  constructor(
    private readonly options: StreamChangesOptions,
    /** Shared by all runs of a stream; grows. */
    private readonly excluded: Set<string>,
    /** In what form values are to come; absent: in the best. */
    private readonly form?: ValueForm,
  ) {
    this.sessions = new ApplySessions(options);
    this.until = options.untilLsn === undefined ? undefined : parseLsn(options.untilLsn);
  }

  /** Resolves with the applied position once `untilLsn` is reached. */
  async run(): Promise<Lsn> {
    const timer = setInterval(() => this.wake.notify(), TICK_MS);
    const onAbort = () => this.wake.notify();
    this.options.signal.addEventListener('abort', onAbort);
    try {
      await this.open();
      return await this.loop();
    } finally {
      clearInterval(timer);
      this.options.signal.removeEventListener('abort', onAbort);
      await this.close();
    }
  }

  private async open(): Promise<void> {
    const { source, slot, migrationId, publications, signal } = this.options;
    const notify = () => this.wake.notify();
    const onReceived = () => this.isBehind || this.wake.notify();
    // Nobody waits for what only looks.
    this.watching = LagWatch.open(source, slot.name, migrationId, signal, (error) => this.queue?.fail(error)).then(
      (watch) => void (this.watch = watch),
    );
    this.watching.catch(() => undefined);
    const writer = await this.openWriter();
    this.tables = new KnownTables(this.options, this.excluded, writer);
    this.queue = new BatchQueue({
      writer,
      applied: writer.position,
      notify,
      onWritten: ({ transactions, count, bytes }) => this.options.onApplied?.({ transactions, changes: count, bytes }),
      onApplied: (to) => this.acknowledge(to),
    });
    this.watching.catch((error: unknown) => this.queue.fail(error));
    this.spilled = await SpilledTransactions.in(this.options.spillFolder ?? tmpdir());
    this.reader = new TransactionReader(this.spilled, this.intakeOf(writer));
    // What is unfinished was shared out by a run whose values may have come as text, where another form cannot tell whose a row was.
    const form = this.form ?? (writer.hasUnfinished ? 'text' : undefined);
    const stream = { source, slot, publications, from: writer.position, migrationId, form, signal };
    this.stream = await ReplicationStream.open(stream, onReceived);
    this.tables.form = this.stream.form;
  }

  private intakeOf({ session }: BatchWriter): ChangeIntake {
    const { queue, tables } = this;
    const { onMessage } = this.options;
    const onCommit = (committedAtMs: number) =>
      void (this.isBehind = this.takenAtMs + this.stream.clockAheadMs - committedAtMs > BEHIND_MS);
    return new ChangeIntake({ queue, tables, session, onMessage, onCommit });
  }

  private async openWriter(): Promise<BatchWriter> {
    const { slot, migrationId, epoch, appliers = 1, shareFrom } = this.options;
    const owner = { migrationId, epoch, slot };
    const { session, keepOrder } = await this.sessions.openFirst();
    const claimed = await takeOverPosition(session, owner, this.excluded);
    return new BatchWriter({
      session,
      // What looks at each statement of the target would find them in another order.
      openOthers: () => (keepOrder ? Promise.resolve([]) : this.sessions.openOthers(appliers - 1)),
      shareFrom,
      owner,
      claimed,
      keepOrder,
      putAside: new PutAside((failed) => this.tables.putAside(failed)),
      onConflict: (conflict) => this.options.onConflict?.(conflict),
      reached: (step) => this.options.reached?.(step),
    });
  }

  private async close(): Promise<void> {
    this.sessions.close();
    this.stream?.close();
    await this.watching?.catch(() => undefined);
    await this.watch?.close();
    await this.queue?.close();
    await this.spilled?.close();
  }

  private async loop(): Promise<Lsn> {
    for (;;) {
      if (this.options.signal.aborted) throw cancelled(this.options.signal.reason);
      this.queue.assertNotFailed();
      const { bytes, bounds } = this.stream.take();
      this.takenAtMs = Date.now();
      await this.admit();
      for (let at = 0; at < bounds.length; at += 2) {
        const waiting = this.reader.read(bytes, bounds[at] ?? 0, bounds[at + 1] ?? 0);
        if (waiting) await waiting;
      }
      this.tellState();
      if (bounds.length > 0) continue;
      this.flush();
      if (this.isDone()) return this.queue.applied;
      await this.waitForMore();
    }
  }

  /** Woken as well by what becomes of the batch that is being written. */
  private async waitForMore(): Promise<void> {
    if (!this.isBehind) return this.wake.wait();
    const timer = setTimeout(() => this.wake.notify(), GATHER_MS);
    await this.wake.wait();
    clearTimeout(timer);
    // Set again by what comes, if it is old.
    this.isBehind = this.stream.hasReceived;
  }

  private async admit(): Promise<void> {
    const bytes = this.stream.receivedBytes - this.admitted;
    if (bytes === 0) return;
    this.admitted += bytes;
    await this.options.admit?.(bytes, this.options.signal);
  }

  private flush(): void {
    this.queue.flush();
    const quiet = this.stream.keepaliveLsn;
    if (!this.queue.isIdle || quiet <= this.queue.applied || this.reader.isInPiece) return;
    // Once, though the log goes on: where both sides are one server, by this very write.
    const wanted = this.until !== undefined && this.queue.applied < this.until && quiet >= this.until;
    if (wanted || Date.now() - this.quietSinceMs >= QUIET_MS) this.queue.skipTo(quiet);
  }

  private isDone(): boolean {
    if (this.until === undefined || !this.queue.isIdle) return false;
    if (this.queue.applied >= this.until) return true;
    this.stream.ask();
    return false;
  }

  private async acknowledge(to: Lsn): Promise<void> {
    this.hasProgressed = true;
    this.quietSinceMs = Date.now();
    this.stream.acknowledge(to);
    await this.options.reached?.('acknowledged');
  }

  private tellState(): void {
    if (Date.now() - this.stateAtMs < STATE_MS) return;
    this.stateAtMs = Date.now();
    this.watch?.poll();
    // How far it is, for the next look: a source that is at rest does not tell by itself.
    this.stream.ask();
    const { pendingSinceMs } = this.queue;
    const pendingMs = pendingSinceMs === undefined ? undefined : pendingSinceMs - this.stream.clockAheadMs;
    const state = this.watch?.lag(this.settled(), pendingMs);
    if (state) this.options.onState?.(state);
  }

  /**
   * Everything before it is applied. On a source where nothing of ours changes the log grows all the same, and the position at the target follows
   * in steps of seconds: what the server says to have passed without a change for us counts.
   */
  private settled(): Lsn {
    const quiet = this.stream.keepaliveLsn;
    return this.queue.isIdle && !this.reader.isInPiece && quiet > this.queue.applied ? quiet : this.queue.applied;
  }
}

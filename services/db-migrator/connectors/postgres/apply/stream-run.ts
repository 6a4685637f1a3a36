import { tmpdir } from 'node:os';
import { parseLsn, type Lsn } from '../replication/lsn';
import type { RowMessage, StreamMessage, ValueForm } from '../replication/messages';
import { ReplicationStream } from '../replication/replication-stream';
import { SpilledTransactions } from '../replication/spilled-transactions';
import { Wakeup } from '../replication/wakeup';
import { cancelled } from '../session/pg-errors';
import type { PgSession } from '../session/pg-session';
import { BatchQueue } from './batch-queue';
import { BatchWriter } from './batch-writer';
import { KnownTables } from './known-tables';
import { LagWatch } from './lag-watch';
import { openApplySession, openFurtherApplySession } from './open-apply-session';
import { PutAside } from './put-aside';
import type { StreamChangesOptions } from './stream-options';
import { takeOverPosition } from './take-over-position';
import { TransactionReader, type TransactionPart, type TransactionVisitor } from './transaction-reader';

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
export class StreamRun implements TransactionVisitor {
  hasProgressed = false;
  private readonly wake = new Wakeup();
  private readonly until: Lsn | undefined;
  private quietSinceMs = Date.now();
  private admitted = 0;
  private takenAtMs = 0;
  private committedAtMs = 0;
  private isBehind = false;
  private stateAtMs = 0;
  private readonly sessions: PgSession[] = [];
  private queue!: BatchQueue;
  private tables!: KnownTables;
  private reader!: TransactionReader;
  private stream!: ReplicationStream;
  private spilled!: SpilledTransactions;
  private watch: LagWatch | undefined;
  private watching: Promise<void> | undefined;
  private isClosed = false;

  constructor(
    private readonly options: StreamChangesOptions,
    /** Shared by all runs of a stream; grows. */
    private readonly excluded: Set<string>,
    /** In what form values are to come; absent: in the best. */
    private readonly form?: ValueForm,
  ) {
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
    this.reader = new TransactionReader(this.spilled, this);
    // What is unfinished was shared out by a run whose values may have come as text, where another form cannot tell whose a row was.
    const form = this.form ?? (writer.hasUnfinished ? 'text' : undefined);
    const stream = { source, slot, publications, from: writer.position, migrationId, form, signal };
    this.stream = await ReplicationStream.open(stream, onReceived);
    this.tables.form = this.stream.form;
  }

  private async openWriter(): Promise<BatchWriter> {
    const { target, slot, migrationId, epoch, signal, appliers = 1, shareFrom } = this.options;
    const owner = { migrationId, epoch, slot };
    const { session, keepOrder } = await openApplySession(target, migrationId, signal);
    this.sessions.push(session);
    const claimed = await takeOverPosition(session, owner, this.excluded);
    return new BatchWriter({
      session,
      // What looks at each statement of the target would find them in another order.
      openOthers: () => (keepOrder ? Promise.resolve([]) : this.openOthers(appliers - 1)),
      shareFrom,
      owner,
      claimed,
      keepOrder,
      putAside: new PutAside((failed) => this.tables.putAside(failed)),
      onConflict: (conflict) => this.options.onConflict?.(conflict),
      reached: (step) => this.options.reached?.(step),
    });
  }

  /** None where the target does not let us have as many: one applier does it as well. */
  private async openOthers(count: number): Promise<PgSession[]> {
    const { target, migrationId, signal } = this.options;
    const opening = Array.from({ length: count }, () => openFurtherApplySession(target, migrationId, signal));
    const settled = await Promise.allSettled(opening);
    const opened = settled.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
    this.sessions.push(...opened);
    const failed = settled.find((one) => one.status === 'rejected');
    if (failed || this.isClosed) for (const session of opened) session.destroy();
    return failed || this.isClosed ? [] : opened;
  }

  private async close(): Promise<void> {
    this.isClosed = true;
    this.stream?.close();
    await this.watching?.catch(() => undefined);
    await this.watch?.close();
    // A transaction that was not committed goes with its session.
    for (const session of this.sessions) session.destroy();
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

  begin(commitLsn: Lsn, committedAtMs: number): void {
    this.committedAtMs = committedAtMs;
    this.queue.begin(commitLsn, committedAtMs);
  }

  commit(endLsn: Lsn): Promise<void> | undefined {
    this.isBehind = this.takenAtMs + this.stream.clockAheadMs - this.committedAtMs > BEHIND_MS;
    return this.queue.commit(endLsn);
  }

  take(part: TransactionPart, length: number): Promise<void> | undefined {
    switch (part.kind) {
      case 'relation':
        return this.takeRelation(part);
      case 'truncate':
        return this.takeTruncate(part, length);
      case 'message':
        return part.prefix.startsWith('smartant') && this.options.onMessage ? this.takeMessage(part) : undefined;
      default:
        return this.takeRow(part, length);
    }
  }

  takeInsert(relationId: number, bytes: Buffer, begin: number, length: number): Promise<void> | undefined {
    const table = this.tables.find(relationId, this.queue.commitLsn);
    return table ? this.queue.addRow(table, bytes, begin, length) : undefined;
  }

  private takeRow(message: RowMessage, length: number): Promise<void> | undefined {
    const table = this.tables.find(message.relationId, this.queue.commitLsn);
    if (!table) return undefined;
    if (message.kind === 'update') return this.queue.add({ kind: 'update', table, old: message.old, row: message.new! }, length);
    return this.queue.add({ kind: 'delete', table, old: message.old! }, length);
  }

  private takeTruncate(message: Extract<StreamMessage, { kind: 'truncate' }>, length: number): Promise<void> | undefined {
    const tables = message.relationIds.flatMap((id) => this.tables.find(id, this.queue.commitLsn) ?? []);
    if (tables.length === 0) return undefined;
    return this.queue.add({ kind: 'truncate', tables, restartsIdentities: message.restartsIdentities }, length);
  }

  private async takeRelation(relation: Extract<StreamMessage, { kind: 'relation' }>): Promise<void> {
    if (!this.tables.isExcluded(relation)) await this.queue.settle();
    await this.tables.learn(relation);
  }

  private async takeMessage({ prefix, content }: Extract<StreamMessage, { kind: 'message' }>): Promise<void> {
    await this.queue.settle();
    await this.options.onMessage?.({ prefix, content: content.toString('utf8'), session: this.sessions[0]! });
    await this.tables.learnAgain();
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

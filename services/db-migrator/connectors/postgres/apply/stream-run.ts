import { tmpdir } from 'node:os';
import { SmartantError, toSmartantError } from '@smartant/kernel';
import { decodeMessage } from '../replication/decode-message';
import { parseLsn, type Lsn } from '../replication/lsn';
import type { RelationMessage, RowMessage, StreamMessage } from '../replication/messages';
import { ReplicationStream } from '../replication/replication-stream';
import { SpilledTransactions } from '../replication/spilled-transactions';
import { Wakeup } from '../replication/wakeup';
import { cancelled } from '../session/pg-errors';
import type { PgSession } from '../session/pg-session';
import { ChangeBatch } from './change-batch';
import { ChangeWriter, type FailedChange } from './change-writer';
import { LagWatch } from './lag-watch';
import { endEarlierAppliers, openApplySession } from './open-apply-session';
import { readTargetTable } from './read-target-table';
import type { StreamChangesOptions } from './stream-options';
import { assertNewest, claimPosition } from './stream-position';
import type { TargetTable } from './target-table';

const TICK_MS = 100;
const STATE_MS = 1_000;
/** How often the position of a quiet source is written down, so that it may throw its log away. */
const QUIET_MS = 5_000;
const STREAM_STOP = 'E'.charCodeAt(0);

/** One connection to both sides: reads, plans and writes until something fails or the end is reached. */
export class StreamRun {
  hasProgressed = false;
  private readonly wake = new Wakeup();
  private readonly until: Lsn | undefined;
  private readonly syncs = new Map<string, Lsn>();
  private readonly relations = new Map<number, { relation: RelationMessage; table: TargetTable | null; sync: Lsn }>();
  private batch = new ChangeBatch();
  private writing: Promise<void> | undefined;
  private failure: unknown;
  /** Position of the commit that is being read; undefined between transactions. */
  private commitLsn: Lsn | undefined;
  private committedAtMs = 0;
  private streamed = 0;
  private applied: Lsn = 0n;
  private pendingSinceMs: number | undefined;
  private quietSinceMs = Date.now();
  private admitted = 0;
  private stateAtMs = 0;
  private session!: PgSession;
  private writer!: ChangeWriter;
  private stream!: ReplicationStream;
  private spilled!: SpilledTransactions;
  private watch: LagWatch | undefined;

  constructor(
    private readonly options: StreamChangesOptions,
    /** Shared by all runs of a stream; grows. */
    private readonly excluded: Set<string>,
  ) {
    this.until = options.untilLsn === undefined ? undefined : parseLsn(options.untilLsn);
    for (const [unit, lsn] of options.syncPositions ?? []) this.syncs.set(unit, parseLsn(lsn));
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
    const { source, target, slot, migrationId, epoch, signal } = this.options;
    const { session, keepOrder } = await openApplySession(target, migrationId, signal);
    this.session = session;
    await assertNewest(session, { migrationId, epoch, slot });
    await endEarlierAppliers(session, migrationId);
    this.applied = await claimPosition(session, { migrationId, epoch, slot });
    this.writer = new ChangeWriter({
      session,
      owner: { migrationId, epoch, slot },
      keepOrder,
      onConflict: (conflict) => this.options.onConflict?.(conflict),
      onFailure: (failed) => this.putAside(failed),
      reached: (step) => this.options.reached?.(step),
    });
    this.spilled = await SpilledTransactions.in(this.options.spillFolder ?? tmpdir());
    const { publications } = this.options;
    this.stream = await ReplicationStream.open({ source, slot, publications, from: this.applied, migrationId, signal }, () =>
      this.wake.notify(),
    );
    this.watch = await LagWatch.open(source, slot.name, migrationId, signal, (error) => {
      this.failure ??= error;
    });
  }

  private async close(): Promise<void> {
    this.stream?.close();
    await this.watch?.close();
    // A transaction that was not committed goes with its session.
    this.session?.destroy();
    await this.writing?.catch(() => undefined);
    await this.spilled?.close();
  }

  private async loop(): Promise<Lsn> {
    for (;;) {
      if (this.options.signal.aborted) throw cancelled(this.options.signal.reason);
      if (this.failure !== undefined) throw this.failure;
      const { bytes, bounds } = this.stream.take();
      await this.admit();
      for (let at = 0; at < bounds.length; at += 2) {
        const waiting = this.read(bytes, bounds[at] ?? 0, bounds[at + 1] ?? 0);
        if (waiting) await waiting;
      }
      this.tellState();
      if (bounds.length > 0) continue;
      this.flushWhatIsWhole();
      if (this.isDone()) return this.applied;
      await this.wake.wait();
    }
  }

  private async admit(): Promise<void> {
    const bytes = this.stream.receivedBytes - this.admitted;
    if (bytes === 0) return;
    this.admitted += bytes;
    await this.options.admit?.(bytes, this.options.signal);
  }

  /** Nothing more is there to be read: what ends with a whole transaction goes to the target, unless something is on its way already. */
  private flushWhatIsWhole(): void {
    if (this.writing || this.commitLsn !== undefined) return;
    if (!this.batch.isEmpty) return void this.startWrite();
    const quiet = this.stream.keepaliveLsn;
    if (quiet <= this.applied || this.streamed !== 0) return;
    const wanted = this.until !== undefined && quiet >= this.until;
    if (!wanted && Date.now() - this.quietSinceMs < QUIET_MS) return;
    this.batch.endLsn = quiet;
    this.startWrite();
  }

  private isDone(): boolean {
    if (this.until === undefined || this.writing || !this.batch.isEmpty || this.commitLsn !== undefined) return false;
    if (this.applied >= this.until) return true;
    this.stream.ask();
    return false;
  }

  private startWrite(): void {
    const { batch } = this;
    const to = this.commitLsn === undefined ? batch.endLsn : undefined;
    this.batch = new ChangeBatch();
    this.writing = this.write(batch, to).catch((error: unknown) => {
      this.failure ??= error;
    });
    void this.writing.then(() => {
      this.writing = undefined;
      this.wake.notify();
    });
  }

  private async write(batch: ChangeBatch, to: Lsn | undefined): Promise<void> {
    await this.writer.write(batch, to);
    this.options.onApplied?.({ transactions: batch.transactions, changes: batch.changes.length, bytes: batch.bytes });
    if (to === undefined) return;
    this.hasProgressed = true;
    this.applied = to;
    this.quietSinceMs = Date.now();
    this.stream.acknowledge(to);
    this.pendingSinceMs = this.batch.oldestMs ?? (this.commitLsn === undefined ? undefined : this.committedAtMs);
    await this.options.reached?.('acknowledged');
  }

  /** Hands the batch to the writer when the one before is written. */
  private async rotate(): Promise<void> {
    if (this.writing && this.batch.changes.length > 0) this.writer.prepare(this.batch);
    await this.writing;
    if (this.failure !== undefined) throw this.failure;
    if (this.batch.changes.length > 0 || (this.commitLsn === undefined && this.batch.endLsn !== undefined)) this.startWrite();
  }

  /** Until everything that was read is written, so that the target can be asked and changed. */
  private async settle(): Promise<void> {
    await this.rotate();
    await this.writing;
    if (this.failure !== undefined) throw this.failure;
  }

  private read(bytes: Buffer, begin: number, end: number): Promise<void> | undefined {
    if (this.streamed !== 0 && bytes[begin] !== STREAM_STOP) return this.spilled.add(this.streamed, bytes.subarray(begin, end));
    const message = decodeMessage(bytes, begin, false);
    switch (message.kind) {
      case 'stream-start':
        this.streamed = message.transaction;
        this.spilled.begin(message.transaction);
        return undefined;
      case 'stream-stop':
        this.streamed = 0;
        return undefined;
      case 'stream-abort':
        return this.spilled.abort(message.transaction, message.subtransaction);
      case 'stream-commit':
        return this.replay(message);
      default:
        return this.take(message, end - begin);
    }
  }

  private async replay(message: Extract<StreamMessage, { kind: 'stream-commit' }>): Promise<void> {
    const { transaction, commitLsn, endLsn, committedAtMs } = message;
    this.begin(commitLsn, committedAtMs);
    for await (const { bytes, bounds } of this.spilled.read(transaction)) {
      for (let at = 0; at < bounds.length; at += 2) {
        const begin = bounds[at] ?? 0;
        const change = decodeMessage(bytes, begin, true);
        const isUndone = 'subtransaction' in change && this.spilled.isAborted(transaction, change.subtransaction);
        const waiting = isUndone ? undefined : this.take(change, (bounds[at + 1] ?? 0) - begin);
        if (waiting) await waiting;
      }
    }
    await this.spilled.drop(transaction);
    this.commit(endLsn);
  }

  private take(message: StreamMessage, length: number): Promise<void> | undefined {
    switch (message.kind) {
      case 'insert':
      case 'update':
      case 'delete':
        return this.takeRow(message, length);
      case 'begin':
        return void this.begin(message.commitLsn, message.committedAtMs);
      case 'commit':
        this.commit(message.endLsn);
        return this.batch.isFull ? this.rotate() : undefined;
      case 'relation':
        return this.takeRelation(message);
      case 'truncate':
        return this.takeTruncate(message, length);
      case 'message':
        return message.prefix.startsWith('smartant') && this.options.onMessage ? this.takeMessage(message) : undefined;
      default:
        return undefined;
    }
  }

  private begin(commitLsn: Lsn, committedAtMs: number): void {
    this.commitLsn = commitLsn;
    this.committedAtMs = committedAtMs;
    this.pendingSinceMs ??= committedAtMs;
  }

  private commit(endLsn: Lsn): void {
    this.batch.endTransaction(endLsn, this.committedAtMs);
    this.commitLsn = undefined;
  }

  private takeRow(message: RowMessage, length: number): Promise<void> | undefined {
    const table = this.tableOf(message.relationId);
    if (!table) return undefined;
    if (message.kind === 'insert') this.batch.add({ kind: 'insert', table, row: message.new! }, length);
    else if (message.kind === 'update') this.batch.add({ kind: 'update', table, old: message.old, row: message.new! }, length);
    else this.batch.add({ kind: 'delete', table, old: message.old! }, length);
    return this.batch.isOverfull ? this.rotate() : undefined;
  }

  private takeTruncate(message: Extract<StreamMessage, { kind: 'truncate' }>, length: number): undefined {
    const tables = message.relationIds.flatMap((id) => this.tableOf(id) ?? []);
    if (tables.length > 0) this.batch.add({ kind: 'truncate', tables, restartsIdentities: message.restartsIdentities }, length);
  }

  private async takeMessage({ prefix, content }: Extract<StreamMessage, { kind: 'message' }>): Promise<void> {
    await this.settle();
    await this.options.onMessage?.({ prefix, content: content.toString('utf8'), session: this.session });
    this.relations.forEach((known) => (known.table = null));
    for (const { relation } of [...this.relations.values()]) await this.takeRelation(relation);
  }

  /** Null: its changes are left out, or are in its copy already. */
  private tableOf(relationId: number): TargetTable | null {
    const known = this.relations.get(relationId);
    if (!known) throw new SmartantError('DATABASE_STREAM_UNREADABLE', 'A change came of a table that was not told.', { kind: 'internal' });
    const { table, sync } = known;
    if (table === null || this.excluded.has(table.unit)) return null;
    return this.commitLsn !== undefined && this.commitLsn < sync ? null : table;
  }

  private async takeRelation(relation: RelationMessage): Promise<void> {
    const unit = `${relation.schema}.${relation.table}`;
    const known = { relation, table: null as TargetTable | null, sync: this.syncs.get(unit) ?? 0n };
    this.relations.set(relation.id, known);
    if (this.excluded.has(unit)) return;
    await this.settle();
    try {
      known.table = await this.lookUp(relation);
    } catch (thrown) {
      const error = toSmartantError(thrown);
      if (error.retryable) throw error;
      await this.putAside({ unit, error });
    }
  }

  private async lookUp(relation: RelationMessage): Promise<TargetTable> {
    const { targetName, rootOf = () => null, onNewColumns } = this.options;
    const lookup = { session: this.session, targetName, rootOf };
    let { table, missing } = await readTargetTable(lookup, relation);
    if (missing.length > 0 && onNewColumns) await this.writer.begin();
    if (missing.length > 0 && (await onNewColumns?.(relation, missing, this.session, table.target))) {
      ({ table, missing } = await readTargetTable(lookup, relation));
    }
    if (missing.length === 0) return table;
    const names = missing.map(({ name }) => `"${name}"`).join(', ');
    throw new SmartantError('DATABASE_TABLE_CHANGED', `${table.unit} has columns that the target does not have: ${names}.`, {
      kind: 'precondition',
      hint: 'Add the columns at the target and let the table be copied again.',
    });
  }

  private async putAside(failed: FailedChange): Promise<void> {
    if (!this.options.onFailure) throw failed.error;
    this.excluded.add(failed.unit);
    await this.options.onFailure(failed);
  }

  private tellState(): void {
    if (Date.now() - this.stateAtMs < STATE_MS) return;
    this.stateAtMs = Date.now();
    this.watch?.poll();
    // How far it is, for the next look: a source that is at rest does not tell by itself.
    this.stream.ask();
    const pendingMs = this.pendingSinceMs === undefined ? undefined : this.pendingSinceMs - this.stream.clockAheadMs;
    const state = this.watch?.lag(this.settled(), pendingMs);
    if (state) this.options.onState?.(state);
  }

  /**
   * Everything before it is applied. On a source where nothing of ours changes the log grows all the same, and the position at the target follows
   * in steps of seconds: what the server says to have passed without a change for us counts.
   */
  private settled(): Lsn {
    const waits = this.writing !== undefined || !this.batch.isEmpty || this.commitLsn !== undefined || this.streamed !== 0;
    const quiet = this.stream.keepaliveLsn;
    return !waits && quiet > this.applied ? quiet : this.applied;
  }
}

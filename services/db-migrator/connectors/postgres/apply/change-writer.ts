import { SmartantError } from '@smartant/kernel';
import { formatLsn, type Lsn } from '../replication/lsn';
import type { PgSession } from '../session/pg-session';
import type { Change } from './changes';
import type { ChangeBatch } from './change-batch';
import { planSteps } from './plan-steps';
import { statementsOf, type Statement } from './statements';
import { MOVE_POSITION, staleEpoch, type PositionOwner } from './stream-position';
import type { TargetTable } from './target-table';

/** An update or delete that met fewer or more rows than the source changed. */
export interface Conflict {
  unit: string;
  kind: 'update' | 'delete';
  expected: number;
  found: number;
}

export interface FailedChange {
  /** "schema.table" at the source. */
  unit: string;
  error: SmartantError;
}

/** Where the tests end the process. */
export type ApplyStep = 'begun' | 'written' | 'position-moved' | 'committed' | 'acknowledged';

export interface ChangeWriterOptions {
  session: PgSession;
  owner: PositionOwner;
  /** The target's triggers and foreign keys look at what is written. */
  keepOrder: boolean;
  onConflict: (conflict: Conflict) => void;
  /** From now on the table's changes are left out. A raised error undoes the whole transaction. */
  onFailure: (failed: FailedChange) => Promise<void>;
  reached: (step: ApplyStep) => Promise<void> | void;
}

/** Errors that are about what was to be written, not about the server or the moment. */
const ABOUT_THE_CHANGE = new Set(['DATABASE_REFUSED', 'DATABASE_CONSTRAINT_VIOLATED', 'DATABASE_VALUE_REFUSED', 'DATABASE_ACCESS_DENIED']);

/**
 * Writes batches to the target, and with each that ends with a whole transaction the position, in one transaction of the target. A set
 * that is refused is undone, cut in two and tried again in the source's order, down to the one change that does not go: its table is put aside.
 */
export class ChangeWriter {
  private isOpen = false;
  private changes = 0;
  private transactions = 0;

  constructor(private readonly options: ChangeWriterOptions) {}

  /** `to`: where the position goes, when the batch ends with a whole transaction. Resolves once that is durable. */
  async write(batch: ChangeBatch, to: Lsn | undefined): Promise<void> {
    const { session, reached } = this.options;
    await this.begin();
    await reached('begun');
    await this.apply(batch.changes, batch.statements);
    await reached('written');
    this.changes += batch.changes.length;
    this.transactions += batch.transactions;
    if (to === undefined) return;
    await this.movePosition(to, batch.committedAtMs);
    await reached('position-moved');
    await session.query('COMMIT');
    this.isOpen = false;
    this.changes = this.transactions = 0;
    await reached('committed');
  }

  /** The transaction that the next batch is written in; it may be open already. */
  async begin(): Promise<void> {
    if (!this.isOpen) await this.options.session.query('BEGIN; SET CONSTRAINTS ALL DEFERRED');
    this.isOpen = true;
  }

  private async movePosition(to: Lsn, committedAtMs: number): Promise<void> {
    const { session, owner } = this.options;
    const met = await session.executePrepared('position', MOVE_POSITION, [
      owner.migrationId,
      owner.slot.name,
      String(owner.epoch),
      formatLsn(to),
      committedAtMs > 0 ? new Date(committedAtMs).toISOString() : null,
      String(this.transactions),
      String(this.changes),
    ]);
    if (met !== 1) throw staleEpoch(owner.migrationId);
  }

  /** Works out the statements of a batch while the one before it is being written. */
  prepare(batch: ChangeBatch): void {
    batch.statements = this.statementsFor(batch.changes);
  }

  private statementsFor(changes: readonly Change[]): Statement[] {
    return planSteps(changes, this.options.keepOrder).flatMap(statementsOf);
  }

  private async apply(all: readonly Change[], prepared?: Statement[]): Promise<void> {
    const isWhole = this.putAsideTables.size === 0;
    const changes = isWhole ? all : all.filter((change) => !this.isPutAside(change));
    if (changes.length === 0) return;
    const { session } = this.options;
    const statements = isWhole && prepared ? prepared : this.statementsFor(changes);
    const failure = await this.tryAll(statements);
    if (failure === undefined) return;
    if (!ABOUT_THE_CHANGE.has(failure.code)) throw failure;
    await session.query('ROLLBACK TO SAVEPOINT batch; RELEASE SAVEPOINT batch');
    if (changes.length === 1) return this.putAside(changes[0]!, failure);
    const middle = changes.length >> 1;
    await this.apply(changes.slice(0, middle));
    await this.apply(changes.slice(middle));
  }

  /** All are sent before the first is answered. The first that failed is what went wrong: those after it fail with the transaction. */
  private async tryAll(statements: Statement[]): Promise<SmartantError | undefined> {
    const { session, onConflict } = this.options;
    const running = [
      session.execute('SAVEPOINT batch'),
      ...statements.map((statement) => this.run(statement)),
      session.execute('RELEASE SAVEPOINT batch'),
    ];
    const results = await Promise.allSettled(running);
    for (const result of results) if (result.status === 'rejected') return result.reason as SmartantError;
    statements.forEach(({ expected, kind, unit }, index) => {
      const result = results[index + 1];
      const found = result?.status === 'fulfilled' ? result.value : 0;
      if (expected === null || found === expected || (kind !== 'update' && kind !== 'delete')) return;
      onConflict({ unit, kind, expected, found });
    });
    return undefined;
  }

  private run({ name, sql, parameters, data }: Statement): Promise<number> {
    const { session } = this.options;
    if (data) return session.copyIn(sql, data);
    return name === null ? session.execute(sql, parameters) : session.executePrepared(name, sql, parameters);
  }

  private readonly putAsideTables = new Set<TargetTable>();

  private isPutAside(change: Change): boolean {
    return change.kind !== 'truncate' && this.putAsideTables.has(change.table);
  }

  private async putAside(change: Change, error: SmartantError): Promise<void> {
    for (const table of change.kind === 'truncate' ? change.tables : [change.table]) {
      this.putAsideTables.add(table);
      await this.options.onFailure({ unit: table.unit, error });
    }
  }
}

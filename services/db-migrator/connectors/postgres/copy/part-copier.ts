import { SmartantError } from '@smartant/kernel';
import { qualified, quoteText, type TableName } from '../catalog/catalog';
import { nameOf } from '../catalog/target-name';
import type { PgSession } from '../session/pg-session';
import type { CopyBookkeeping } from './copy-bookkeeping';
import { tableRewritten } from './copy-errors';
import type { CopyOptions } from './copy-options';
import { openForWriting, openUnderSnapshot, PART_SAVEPOINT } from './copy-sessions';
import { emptyTable, type Emptying } from './empty-table';
import { forwardCopy } from './forward-copy';
import { measurePadding, NO_PADDING, type Padding } from './padding';
import { copyInSql, copyOutSql, type Part } from './part-sql';
import type { TableSplit } from './plan-parts';
import { checkRowFilter } from './row-filter';

/** How a table is copied, and how far it has come. */
export interface TablePlan extends TableSplit {
  target: TableName;
  isBinary: boolean;
  /** Columns whose padding may be left out. */
  filled: readonly string[];
  /** How much of them is; null: not looked at yet. Once for all parts. */
  padding: Promise<Padding> | null;
  where: string | null;
  emptying: Emptying;
  /** The source's file that the parts are read from; null: not looked at yet. */
  filenode: string | null;
  /** A table of several parts is begun once, before its first. */
  begun: Promise<boolean> | null;
  /** In parts that are committed. */
  copied: { rows: number; bytes: number };
}

export interface PartResult {
  rows: number;
  /** As COPY writes them, with padding that was not carried (an estimate then). */
  bytes: number;
  isTableDone: boolean;
}

/** Copies one part after another: one session under the snapshot at the source, one at the target. */
export class PartCopier {
  private source: PgSession | null = null;
  private target: PgSession | null = null;

  constructor(
    private readonly options: CopyOptions,
    private readonly bookkeeping: CopyBookkeeping,
    private readonly applicationName: string,
  ) {}

  /** Opens what is not open. Raises DATABASE_SNAPSHOT_LOST, and what the endpoints raise. */
  async open(): Promise<{ source: PgSession; target: PgSession }> {
    this.source ??= await openUnderSnapshot(this.options, this.applicationName);
    this.target ??= await openForWriting(this.options, this.applicationName);
    return { source: this.source, target: this.target };
  }

  /**
   * Copies a part in one transaction of the target; null: it is there already. When it raises, nothing of the part stays, but for a commit
   * whose answer was lost: then the next attempt finds the part there.
   */
  async copy(part: Part, plan: TablePlan, onBytes: (bytes: number) => void): Promise<PartResult | null> {
    const { source, target } = await this.open();
    try {
      await (plan.padding ??= this.look(source, part, plan));
      const filenode = await this.hold(source, part, plan);
      if (plan.parts > 1 && !(await (plan.begun ??= this.beginAlone(target, part, plan, filenode)))) return null;
      return await this.copyWithin(source, target, part, plan, filenode, onBytes);
    } catch (error) {
      await this.abandon();
      throw error;
    }
  }

  async close(): Promise<void> {
    await Promise.all([this.source?.close(), this.target?.close()]);
    this.source = this.target = null;
  }

  private async copyWithin(
    source: PgSession,
    target: PgSession,
    part: Part,
    plan: TablePlan,
    filenode: string,
    onBytes: (bytes: number) => void,
  ): Promise<PartResult | null> {
    const { signal, admit } = this.options;
    const { table, number } = part;
    const padding = (await plan.padding) ?? NO_PADDING;
    const withPadding = (bytes: number, rows: number) => bytes + Math.round(rows * padding.rowBytes);
    await admit(0, signal, 1);
    await target.query('BEGIN', undefined, signal);
    const freeze = plan.parts > 1 ? false : await this.beginTable(target, part, plan, filenode);
    if (freeze === null || !(await this.bookkeeping.beginPart(target, table, number, this.options.snapshot.lsn))) {
      await target.query('ROLLBACK');
      return null;
    }
    const forwarded = await forwardCopy({
      source: {
        session: source,
        sql: copyOutSql(part, plan.where, { ...plan, expressions: padding.columns }),
        label: `read ${nameOf(table)} of ${this.options.source.label}`,
      },
      target: {
        session: target,
        sql: copyInSql(table, plan.target, { isBinary: plan.isBinary, freeze }),
        label: `write ${nameOf(plan.target)} of ${this.options.target.label}`,
      },
      admit,
      onBytes: (bytes, rows) => onBytes(withPadding(bytes, rows)),
      signal,
    });
    const copied = { rows: forwarded.rows, bytes: withPadding(forwarded.bytes, forwarded.rows) };
    const isTableDone = await this.bookkeeping.endPart(target, table, number, copied);
    await target.query('COMMIT', undefined, signal);
    return { ...copied, isTableDone };
  }

  /** What it fails at, the copy itself may not: then nothing is left out. Raises what ends the session. */
  private async look(source: PgSession, { table }: Part, plan: TablePlan): Promise<Padding> {
    try {
      return await measurePadding(source, table, plan.filled, this.options.signal);
    } catch (error) {
      const isOfLook = error instanceof SmartantError && !error.retryable && error.details['sqlState'] !== undefined;
      if (!isOfLook) {
        plan.padding = null;
        throw error;
      }
      await source.query(`ROLLBACK TO SAVEPOINT ${PART_SAVEPOINT}`, undefined, this.options.signal);
      return NO_PADDING;
    }
  }

  /**
   * Locks the table against being rewritten while it is read, and makes sure that it was not since the snapshot: rewriting and emptying a
   * table hide all its rows from older snapshots. Locks of the part before are given back.
   */
  private async hold(source: PgSession, { table }: Part, plan: TablePlan): Promise<string> {
    const name = qualified(table);
    const [row] = await source.query(
      `ROLLBACK TO SAVEPOINT ${PART_SAVEPOINT}; LOCK TABLE ONLY ${name} IN ACCESS SHARE MODE;
       SELECT c.relfilenode AS seen, pg_relation_filenode(c.oid) AS now, to_regclass(${quoteText(name)})::oid = c.oid AS same FROM pg_class c WHERE c.oid = ${table.oid}`,
      undefined,
      this.options.signal,
    );
    const seen = row?.['seen'] ?? null;
    if (seen === null || row?.['same'] !== 't' || row?.['now'] !== seen || (plan.filenode ?? seen) !== seen) {
      throw tableRewritten(table);
    }
    if (plan.where !== null) await checkRowFilter(source, table, plan.where, this.options.signal);
    return seen;
  }

  /** In a transaction of its own, and durable: parts that are committed later rely on it. */
  private async beginAlone(target: PgSession, part: Part, plan: TablePlan, filenode: string): Promise<boolean> {
    try {
      const begun = await target.transaction(async () => {
        await target.query('SET LOCAL synchronous_commit = on');
        return this.beginTable(target, part, plan, filenode);
      });
      plan.filenode = filenode;
      return begun !== null;
    } catch (error) {
      plan.begun = null;
      throw error;
    }
  }

  /** Null: the table is there already; true: it was emptied in this transaction. */
  private async beginTable(target: PgSession, { table }: Part, plan: TablePlan, filenode: string): Promise<boolean | null> {
    const { snapshot } = this.options;
    const record = { table, snapshot, filenode, parts: plan.parts, pagesPerPart: plan.pagesPerPart };
    if (!(await this.bookkeeping.beginTable(target, record))) return null;
    return emptyTable(target, plan.target, plan.emptying, table.bytes, this.options.signal);
  }

  /** The source's session is kept where it can be: its snapshot may not be had again. */
  private async abandon(): Promise<void> {
    this.target?.destroy();
    this.target = null;
    const kept = await this.source?.query(`ROLLBACK TO SAVEPOINT ${PART_SAVEPOINT}`).then(
      () => true,
      () => false,
    );
    if (kept) return;
    this.source?.destroy();
    this.source = null;
  }
}

import { SmartantError, toSmartantError } from '@smartant/kernel';
import type { Table } from '../catalog/catalog';
import { nameOf } from '../catalog/target-name';
import type { PgSession } from '../session/pg-session';
import type { CopyBookkeeping, TableRecord } from './copy-bookkeeping';
import type { CopyOptions } from './copy-options';
import type { Emptying } from './empty-table';
import type { TablePlan } from './part-copier';
import type { Part } from './part-sql';
import { filledColumns } from './padding';
import { inOrder, missingParts, splitOf } from './plan-parts';
import { rowFilterOf } from './row-filter';
import { checkTarget, isBinaryExact, readBinaryTypes, readTargetTables } from './target-tables';

const SPLIT_BYTES = 2 * 1024 ** 3;

type PlanOptions = Pick<
  CopyOptions,
  'tables' | 'targetName' | 'snapshot' | 'oneSnapshot' | 'targetPolicy' | 'rows' | 'splitBytes' | 'signal'
>;

/** What is left to be copied, as the target remembers it. */
export class CopyPlan {
  /** In the order of work. */
  readonly parts: Part[] = [];
  /** Tables that cannot be copied, and why. */
  readonly refused: { table: Table; error: SmartantError }[] = [];
  private readonly plans = new Map<Table, TablePlan>();

  private constructor(
    private readonly options: PlanOptions,
    private readonly serverVersion: number,
  ) {}

  /** `source` is under the snapshot. */
  static async make(options: PlanOptions, bookkeeping: CopyBookkeeping, source: PgSession, target: PgSession): Promise<CopyPlan> {
    const { signal, targetName } = options;
    const tables = options.tables.filter(({ kind }) => kind === 'r');
    const records = new Map((await bookkeeping.read(target, signal)).map((record) => [nameOf(record.table), record]));
    const targets = await readTargetTables(target, tables.map(targetName), signal);
    const there = await readBinaryTypes(target, signal);
    const types = new Set([...(await readBinaryTypes(source, signal))].filter((oid) => there.has(oid)));
    const plan = new CopyPlan(options, source.serverVersion);
    for (const table of tables) {
      const found = targets.get(nameOf(targetName(table)));
      try {
        plan.add(table, records.get(nameOf(table)), () => {
          const target = checkTarget(table, found, targetName(table));
          const isBinary = isBinaryExact(table, target, types);
          return { isBinary, filled: filledColumns(table, target, { isBinary, serverVersion: source.serverVersion }) };
        });
      } catch (error) {
        plan.refused.push({ table, error: toSmartantError(error) });
      }
    }
    inOrder(plan.parts);
    return plan;
  }

  of(table: Table): TablePlan {
    const plan = this.plans.get(table);
    if (!plan) throw new SmartantError('INTERNAL_ERROR', 'A part belongs to no planned table.', { kind: 'internal' });
    return plan;
  }

  private add(table: Table, record: TableRecord | undefined, form: () => Pick<TablePlan, 'isBinary' | 'filled'>): void {
    const { targetName, rows, targetPolicy, splitBytes = SPLIT_BYTES } = this.options;
    const isCurrent = record !== undefined && this.isOfSnapshot(record);
    if (record?.state === 'copied' && (isCurrent || !this.options.oneSnapshot)) return;
    const isGoingOn = isCurrent && record.parts > 1;
    const maySplit = targetPolicy !== 'append';
    const split = isGoingOn ? record : splitOf(table, { serverVersion: this.serverVersion, splitBytes, maySplit });
    this.plans.set(table, {
      parts: split.parts,
      pagesPerPart: split.pagesPerPart,
      target: targetName(table),
      ...form(),
      padding: null,
      where: rowFilterOf(table, rows),
      emptying: this.emptyingOf(table, record),
      filenode: isGoingOn ? record.filenode : null,
      begun: isGoingOn ? Promise.resolve(true) : null,
      copied: isGoingOn ? { ...record.copied } : { rows: 0, bytes: 0 },
    });
    this.parts.push(...missingParts(table, split, isGoingOn ? record.copiedParts : new Set()));
  }

  private isOfSnapshot({ snapshot }: TableRecord): boolean {
    return snapshot.name === this.options.snapshot.name && snapshot.lsn === this.options.snapshot.lsn;
  }

  /** Rows that a record tells of are ours, whatever the policy says of others. */
  private emptyingOf(table: Table, record: TableRecord | undefined): Emptying {
    const { targetPolicy } = this.options;
    if (!record) return targetPolicy === 'refuse' ? 'check' : targetPolicy === 'replace' ? 'empty' : 'keep';
    if (targetPolicy !== 'append') return 'empty';
    throw new SmartantError('COPY_NOT_REPEATABLE', `Rows of ${nameOf(table)} were added to the target and cannot be told from its own.`, {
      kind: 'precondition',
      hint: 'Empty or restore the table at the target by hand, or migrate it with the policy replace.',
    });
  }
}

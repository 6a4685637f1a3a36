import { SmartantError, toSmartantError } from '@smartant/kernel';
import { parseLsn, type Lsn } from '../replication/lsn';
import type { RelationMessage, ValueForm } from '../replication/messages';
import type { BatchWriter } from './batch-writer';
import { binaryTable, TextNeeded } from './binary-table';
import { SAME_NAMES } from './column-names';
import type { FailedChange } from './put-aside';
import { readTargetTable } from './read-target-table';
import type { StreamChangesOptions } from './stream-options';
import type { TargetTable } from './target-table';

interface KnownTable {
  relation: RelationMessage;
  /** Null: its changes are left out. */
  table: TargetTable | null;
  /** Changes committed before it are in the table's copy already. */
  sync: Lsn;
}

/** Tables as the source told them, with where their changes go. */
export class KnownTables {
  private readonly syncs = new Map<string, Lsn>();
  private readonly known = new Map<number, KnownTable>();
  /** Of the values that come; told once the stream is there. */
  form: ValueForm = 'text';

  constructor(
    private readonly options: StreamChangesOptions,
    /** Shared by all runs of a stream; grows. */
    private readonly excluded: Set<string>,
    private readonly writer: BatchWriter,
  ) {
    for (const [unit, lsn] of options.syncPositions ?? []) this.syncs.set(unit, parseLsn(lsn));
  }

  /** Null: its changes are left out, or are in its copy already. `commitLsn`: of the change's transaction. */
  find(relationId: number, commitLsn: Lsn | undefined): TargetTable | null {
    const known = this.known.get(relationId);
    if (!known) throw new SmartantError('DATABASE_STREAM_UNREADABLE', 'A change came of a table that was not told.', { kind: 'internal' });
    const { table, sync } = known;
    if (table === null || this.excluded.has(table.unit)) return null;
    return commitLsn !== undefined && commitLsn < sync ? null : table;
  }

  /** Everything that was read before has to be written: the target is asked, and perhaps changed. */
  async learn(relation: RelationMessage): Promise<void> {
    const unit = `${relation.schema}.${relation.table}`;
    const known: KnownTable = { relation, table: null, sync: this.syncs.get(unit) ?? 0n };
    this.known.set(relation.id, known);
    if (this.excluded.has(unit)) return;
    try {
      known.table = this.inForm(await this.lookUp(relation));
      this.writer.learn(known.table);
    } catch (thrown) {
      const error = toSmartantError(thrown);
      if (error.retryable) throw error;
      await this.putAside({ unit, error });
    }
  }

  isExcluded({ schema, table }: RelationMessage): boolean {
    return this.excluded.has(`${schema}.${table}`);
  }

  /** The target may have been changed. */
  async learnAgain(): Promise<void> {
    for (const { relation } of [...this.known.values()]) await this.learn(relation);
  }

  async putAside(failed: FailedChange): Promise<void> {
    if (!this.options.onFailure) throw failed.error;
    this.excluded.add(failed.unit);
    await this.options.onFailure(failed);
  }

  private inForm(table: TargetTable): TargetTable {
    if (this.form === 'text') return table;
    const binary = binaryTable(table);
    if (binary) return binary;
    throw new TextNeeded(table.unit);
  }

  private async lookUp(relation: RelationMessage): Promise<TargetTable> {
    const { targetName, rootOf = () => null, columns = SAME_NAMES, onNewColumns, onRelation } = this.options;
    const { session } = this.writer;
    const lookup = { session, targetName, rootOf, columns };
    let { table, missing } = await readTargetTable(lookup, relation);
    await onRelation?.(relation, session, table.target);
    if (missing.length > 0 && onNewColumns) await this.writer.begin();
    if (missing.length > 0 && (await onNewColumns?.(relation, missing, session, table.target))) {
      ({ table, missing } = await readTargetTable(lookup, relation));
    }
    if (missing.length === 0) return table;
    const names = missing.map(({ name }) => `"${name}"`).join(', ');
    throw new SmartantError('DATABASE_TABLE_CHANGED', `${table.unit} has columns that the target does not have: ${names}.`, {
      kind: 'precondition',
      hint: 'Add the columns at the target and let the table be copied again.',
    });
  }
}

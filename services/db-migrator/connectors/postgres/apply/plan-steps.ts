import type { Tuple } from '../replication/messages';
import { AddedRows } from './added-rows';
import type { Change } from './changes';
import { keyOf, mergedTuple, type TargetTable } from './target-table';

/** What is done at once at the target, for one table. Deletes come before updates, and these before inserts. */
export interface SetStep {
  kind: 'set';
  table: TargetTable;
  deletes: Tuple[];
  updates: Tuple[];
  inserts: AddedRows;
}
export interface RowStep {
  kind: 'row';
  change: Exclude<Change, { kind: 'truncate' | 'insert' }>;
}
export interface TruncateStep {
  kind: 'truncate';
  change: Extract<Change, { kind: 'truncate' }>;
}
export type Step = SetStep | RowStep | TruncateStep;

/** What becomes of one row. `gone`: it was made and taken away again. `replaced`: deleted, and another one of its key made. */
interface Fate {
  kind: 'insert' | 'update' | 'delete' | 'replaced' | 'gone';
  old: Tuple;
  row: Tuple;
}

/** Steps of a table that may still take changes. */
interface OpenSet {
  table: TargetTable;
  /** Null as long as rows were only added: their keys need not be known before another change asks for one. */
  fates: Map<string, Fate> | null;
  /** And what became of no other row. */
  added: AddedRows;
}

/**
 * Turns changes into steps that leave the same rows. Changes of one row become one, changes of one table become sets; a change of a row's
 * key, a row of a table without a key and a truncation stand alone, and what comes after them stays after them. `keepOrder`: also between tables,
 * for a target whose foreign keys and triggers look at each statement.
 */
export function planSteps(changes: readonly Change[], keepOrder: boolean): Step[] {
  const plan = new Planner(keepOrder);
  for (const change of changes) plan.add(change);
  return plan.steps();
}

class Planner {
  private readonly entries: (OpenSet | RowStep | TruncateStep)[] = [];
  private readonly open = new Map<TargetTable, OpenSet>();
  private last: OpenSet | undefined;

  constructor(private readonly keepOrder: boolean) {}

  add(change: Change): void {
    if (change.kind === 'truncate') {
      this.open.clear();
      this.entries.push({ kind: 'truncate', change });
      this.last = undefined;
      return;
    }
    const { table } = change;
    if (change.kind === 'insert') return addRows(this.setOf(table), change.rows);
    const key = table.key.length > 0 ? keyOfChange(change) : undefined;
    if (key === undefined) {
      this.open.delete(table);
      this.last = undefined;
      this.entries.push({ kind: 'row', change });
    } else if (change.kind === 'update') update(fatesOf(this.setOf(table)), key, change.row);
    else remove(fatesOf(this.setOf(table)), key, change.old);
  }

  steps(): Step[] {
    return this.entries.map((entry) => ('fates' in entry ? setStep(entry) : entry));
  }

  private setOf(table: TargetTable): OpenSet {
    const known = this.keepOrder ? (this.last?.table === table ? this.last : undefined) : this.open.get(table);
    if (known) return known;
    const set: OpenSet = { table, fates: null, added: new AddedRows() };
    this.entries.push(set);
    this.open.set(table, set);
    return (this.last = set);
  }
}

/** Undefined for an update that changes the key: it stands alone. */
function keyOfChange(change: Exclude<Change, { kind: 'truncate' | 'insert' }>): string | undefined {
  if (change.kind === 'delete') return keyOf(change.table, change.old);
  const key = keyOf(change.table, change.row);
  return change.old === null || keyOf(change.table, change.old) === key ? key : undefined;
}

function addRows(set: OpenSet, rows: AddedRows): void {
  if (set.fates === null) set.added.append(rows);
  else for (const row of rows.tuples()) insert(set, set.fates, row);
}

/** From now on rows are known by their keys, those that were added before as well. */
function fatesOf(set: OpenSet): Map<string, Fate> {
  if (set.fates !== null) return set.fates;
  const fates = (set.fates = new Map<string, Fate>());
  const { added } = set;
  set.added = new AddedRows();
  for (const row of added.tuples()) insert(set, fates, row);
  return fates;
}

function insert(set: OpenSet, fates: Map<string, Fate>, row: Tuple): void {
  const key = set.table.key.length > 0 ? keyOf(set.table, row) : undefined;
  const fate = key === undefined ? undefined : fates.get(key);
  if (key === undefined) set.added.push(row.bytes, row.at);
  else if (!fate) fates.set(key, { kind: 'insert', old: row, row });
  else if (fate.kind === 'delete') fates.set(key, { kind: 'replaced', old: fate.old, row });
  else if (fate.kind === 'gone') fates.set(key, { kind: 'insert', old: row, row });
  // A second row of a key that there is: the target says so.
  else set.added.push(row.bytes, row.at);
}

function update(fates: Map<string, Fate>, key: string, row: Tuple): void {
  const fate = fates.get(key);
  if (!fate) fates.set(key, { kind: 'update', old: row, row });
  else if (fate.kind === 'delete' || fate.kind === 'gone') fates.set(key, { kind: 'update', old: row, row });
  else fate.row = mergedTuple(fate.row, row);
}

function remove(fates: Map<string, Fate>, key: string, old: Tuple): void {
  const fate = fates.get(key);
  if (fate?.kind === 'insert') fate.kind = 'gone';
  else if (fate?.kind === 'replaced') fates.set(key, { kind: 'delete', old: fate.old, row: old });
  else fates.set(key, { kind: 'delete', old, row: old });
}

function setStep({ table, fates, added }: OpenSet): SetStep {
  if (fates === null) return { kind: 'set', table, deletes: [], updates: [], inserts: added };
  const step: SetStep = { kind: 'set', table, deletes: [], updates: [], inserts: new AddedRows() };
  for (const { kind, old, row } of fates.values()) {
    if (kind === 'delete' || kind === 'replaced') step.deletes.push(old);
    if (kind === 'update') step.updates.push(row);
    if (kind === 'insert' || kind === 'replaced') step.inserts.push(row.bytes, row.at);
  }
  step.inserts.append(added);
  return step;
}

import { SmartantError } from '@smartant/kernel';
import { movedColumns, type Table, type TableName } from '../catalog/catalog';
import { nameOf } from '../catalog/target-name';
import type { RelationMessage } from '../replication/messages';
import type { PgEndpoint, PgSession } from '../session/pg-session';
import type { ColumnNames } from './column-names';
import type { StreamChangesOptions } from './stream-options';

/** Columns by name, with the type's oid. */
type Types = ReadonlyMap<string, string>;

/**
 * `onRelation` of a stream from `from`, whose catalogue had `tables` when it began: a table whose column was dropped or has another type now is refused
 * with DATABASE_TABLE_CHANGED, which puts it aside as soon as its next change comes, and not when both sides are compared. What was done at the
 * target in the same way is no difference.
 */
export function refusingChangedColumns(
  from: PgEndpoint,
  tables: readonly Table[],
  columns: ColumnNames,
): NonNullable<StreamChangesOptions['onRelation']> {
  const known = new Map<string, Types>(
    tables.map((table) => [nameOf(table), new Map(movedColumns(table).map(({ name, typeOid }) => [name, typeOid]))]),
  );
  return async (relation, session, target) => {
    const unit = `${relation.schema}.${relation.table}`;
    const before = known.get(unit);
    const told: Types = new Map(relation.columns.map(({ name, typeOid }) => [name, String(typeOid)]));
    if (!before || isSame(before, told)) return;
    // The log may be behind what the catalogue was like: what the source has now decides.
    const now = await columnsAt(from, relation);
    const atTarget = await columnsOf(session, target);
    const there = (name: string) => atTarget.get(columns.nameOf(relation, name) ?? '');
    const dropped = [...before.keys()].filter((name) => !told.has(name) && !now.has(name) && there(name) !== undefined);
    if (dropped.length > 0) throw changed(unit, `its column "${dropped[0]}" was dropped`);
    const retyped = [...told].filter(([name, oid]) => before.has(name) && (before.get(name) !== oid || (now.get(name) ?? oid) !== oid));
    const other = retyped.find(([name]) => there(name) !== now.get(name));
    if (other) throw changed(unit, `its column "${other[0]}" has another type`);
    known.set(unit, told);
  };
}

function isSame(before: Types, told: Types): boolean {
  return [...before].every(([name, oid]) => told.get(name) === oid);
}

async function columnsAt(endpoint: PgEndpoint, { schema, table }: RelationMessage): Promise<Types> {
  const session = await endpoint.open({ applicationName: 'smartant columns', signal: AbortSignal.timeout(30_000) });
  try {
    return await columnsOf(session, { schema, table });
  } finally {
    await session.close();
  }
}

async function columnsOf(session: PgSession, { schema, table }: TableName): Promise<Types> {
  const rows = await session.query(COLUMNS, [schema, table]);
  return new Map(rows.map((row) => [row['name'] ?? '', row['type_oid'] ?? '']));
}

function changed(unit: string, what: string): SmartantError {
  return new SmartantError('DATABASE_TABLE_CHANGED', `${unit} was changed at the source: ${what}.`, {
    kind: 'precondition',
    hint: 'Change the table at the target in the same way, then retry it: it is copied again.',
  });
}

const COLUMNS = `SELECT a.attname AS name, a.atttypid AS type_oid FROM pg_attribute a JOIN pg_class r ON r.oid = a.attrelid JOIN pg_namespace n ON n.oid = r.relnamespace
  WHERE n.nspname = $1 AND r.relname = $2 AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''`;

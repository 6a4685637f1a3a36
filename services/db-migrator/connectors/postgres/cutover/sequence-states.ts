import { qualified, quoteText, type Sequence, type TableName } from '../catalog/catalog';
import type { PgSession } from '../session/pg-session';

/** Where a sequence stands and how it goes on. All numbers are text, for bigint. */
export interface SequenceState {
  lastValue: string;
  isCalled: boolean;
  start: string;
  min: string;
  max: string;
  increment: string;
  cycles: boolean;
}

const AT_ONCE = 200;

/**
 * The states of sequences by `sequenceKey`; those that are not there are missing. Reads the sequences themselves: their catalogue functions do
 * not tell a sequence that was set back (`is_called = false`) from one that was never used.
 */
export async function readSequenceStates(
  session: PgSession,
  names: readonly TableName[],
  signal?: AbortSignal,
): Promise<Map<string, SequenceState>> {
  const states = new Map<string, SequenceState>();
  const existing = await existingSequences(session, names, signal);
  for (let at = 0; at < existing.length; at += AT_ONCE) {
    const rows = await session.query(
      existing
        .slice(at, at + AT_ONCE)
        .map(stateSql)
        .join(' UNION ALL '),
      undefined,
      signal,
    );
    for (const row of rows) {
      states.set(row['key'] ?? '', {
        lastValue: row['last_value'] ?? '',
        isCalled: row['is_called'] === 't',
        start: row['seqstart'] ?? '',
        min: row['seqmin'] ?? '',
        max: row['seqmax'] ?? '',
        increment: row['seqincrement'] ?? '',
        cycles: row['seqcycle'] === 't',
      });
    }
  }
  return states;
}

export function sequenceKey({ schema, table }: TableName): string {
  return `${schema}.${table}`;
}

/** Whether a sequence has given out values that the other has not. */
export function isFurther(has: SequenceState, wanted: SequenceState): boolean {
  const difference = BigInt(has.lastValue) - BigInt(wanted.lastValue);
  if (difference === 0n) return has.isCalled;
  return difference > 0n === BigInt(has.increment) > 0n;
}

/** A sequence under the name type that renames work on. */
export function sequenceName({ schema, name }: Pick<Sequence, 'schema' | 'name'>): TableName {
  return { schema, table: name };
}

function stateSql(name: TableName): string {
  return `SELECT ${quoteText(sequenceKey(name))} AS key, s.last_value, s.is_called, p.seqstart, p.seqmin, p.seqmax, p.seqincrement, p.seqcycle
    FROM ${qualified(name)} s, pg_sequence p WHERE p.seqrelid = ${quoteText(qualified(name))}::regclass`;
}

async function existingSequences(session: PgSession, names: readonly TableName[], signal?: AbortSignal): Promise<TableName[]> {
  const rows = await session.query(
    `SELECT n.nspname AS schema, c.relname AS name FROM json_to_recordset($1::json) w(schema text, "table" text)
      JOIN pg_namespace n ON n.nspname = w.schema JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = w."table" AND c.relkind = 'S'`,
    [JSON.stringify(names.map(({ schema, table }) => ({ schema, table })))],
    signal,
  );
  return rows.map((row) => ({ schema: row['schema'] ?? '', table: row['name'] ?? '' }));
}

import { qualified, quoteText, type Sequence, type TableName } from '../catalog/catalog';
import { nameOf } from '../catalog/target-name';
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
 * The states of sequences by `nameOf`; those that are not there are missing. Reads the sequences themselves: their catalogue functions do
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

export interface SequencePair {
  from: TableName;
  to: TableName;
  /** Undefined: it is not there. */
  wanted: SequenceState | undefined;
  has: SequenceState | undefined;
}

/** How each sequence stands at the source, and its namesake at the target. */
export async function readSequencePairs(
  source: PgSession,
  target: PgSession,
  sequences: readonly Sequence[],
  targetName: (name: TableName) => TableName,
  signal?: AbortSignal,
): Promise<SequencePair[]> {
  const pairs = sequences.map((sequence) => ({ from: sequenceName(sequence), to: targetName(sequenceName(sequence)) }));
  const [froms, tos] = [pairs.map(({ from }) => from), pairs.map(({ to }) => to)];
  const [theirs, ours] = [await readSequenceStates(source, froms, signal), await readSequenceStates(target, tos, signal)];
  return pairs.map(({ from, to }) => ({ from, to, wanted: theirs.get(nameOf(from)), has: ours.get(nameOf(to)) }));
}

/** Whether a sequence has given out values that the other has not. */
export function isFurther(has: SequenceState, wanted: SequenceState): boolean {
  const difference = BigInt(has.lastValue) - BigInt(wanted.lastValue);
  if (difference === 0n) return has.isCalled;
  return difference > 0n === BigInt(has.increment) > 0n;
}

/** A sequence under the name type that renames work on. */
function sequenceName({ schema, name }: Pick<Sequence, 'schema' | 'name'>): TableName {
  return { schema, table: name };
}

function stateSql(name: TableName): string {
  return `SELECT ${quoteText(nameOf(name))} AS key, s.last_value, s.is_called, p.seqstart, p.seqmin, p.seqmax, p.seqincrement, p.seqcycle
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

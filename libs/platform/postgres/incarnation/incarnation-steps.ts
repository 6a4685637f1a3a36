import { SmartantError } from '@smartant/kernel';
import type { SqlExecutor } from '../sql-executor';
import type { IncarnationOptions } from './incarnation';
import { judge, lookAt, type Memory } from './incarnation-look';
import type { Acknowledged } from './receipts';

/** Processes that were seen so long before the last one were dead before the restart. */
const ALIVE_SECONDS = 45;
/** For how long a process that is silent may come back and be believed. */
const KEPT_DAYS = 7;

/** Raises DATABASE_NOT_DURABLE, and warns of it where only a crash of the machine is not survived. */
export async function assertDurable(executor: SqlExecutor, warn: IncarnationOptions['warn']): Promise<void> {
  const [settings] = await executor.query<{ commit: string; fsync: string }>(
    `SELECT current_setting('synchronous_commit') AS commit, current_setting('fsync') AS fsync`,
  );
  if (settings?.commit === 'off') {
    throw new SmartantError('DATABASE_NOT_DURABLE', 'The database acknowledges commits that a crash of it undoes.', {
      kind: 'precondition',
      actor: 'operator',
      hint: 'Connect without a pooler that drops settings, or set synchronous_commit = on for our roles.',
    });
  }
  if (settings?.fsync === 'off') {
    warn?.('the database runs with fsync = off: a crash of its machine may undo or damage what it acknowledged', {
      code: 'DATABASE_NOT_DURABLE',
    });
  }
}

interface Witness {
  memory: Memory | null;
  process: string;
  acknowledged: Acknowledged;
}

/** Begins another incarnation, if nobody else has since. Resolves with what is to be told of it, or null. */
export async function beginIncarnation(
  session: SqlExecutor,
  id: string,
  { memory, process, acknowledged }: Witness,
  begin: IncarnationOptions['begin'],
): Promise<{ incarnation: string; before: string | null } | null> {
  return inTransaction(session, async () => {
    await session.query('LOCK TABLE incarnation IN SHARE ROW EXCLUSIVE MODE');
    const look = await lookAt(session, memory, process);
    if (judge(look, memory, acknowledged) !== 'lost') return null;
    const insert = `INSERT INTO incarnation (id, number, life, server_life, system_identifier, timeline, revalidated, restored)
      SELECT $1, coalesce(max(number), 0) + 1, $2, $3, $4, $5, $6, $7 FROM incarnation`;
    // The one that this process knew is gone, and from now on known to be dealt with: whoever else knew it has nothing to add.
    if (memory && !look.remembered) await session.query(insert, [memory.id, memory.life, memory.serverLife, null, null, true, false]);
    const { serverLife, systemIdentifier, timeline, current } = look;
    await session.query(insert, [id, 1, serverLife, systemIdentifier, timeline, begin !== undefined, current === null]);
    await begin?.(session, id);
    return { incarnation: id, before: memory?.id ?? look.current?.id ?? null };
  });
}

/** This process misses nothing in this life of the server. */
export async function answer(session: SqlExecutor, process: string, serverLife: string): Promise<void> {
  await session.query('UPDATE incarnation_witness SET answered = $2 WHERE process = $1', [process, serverLife]);
}

const CONFIRM = 'UPDATE incarnation SET server_life = $2, life = life + 1 WHERE id = $1 AND server_life <> $2';

/** True when this call was the one that confirmed it. */
export async function confirmIfAllAnswered(session: SqlExecutor, id: string, serverLife: string): Promise<boolean> {
  // The age of a row is told by the others', as the clock went on while the server was away.
  const rows = await session.query(
    `${CONFIRM} AND NOT EXISTS (
       SELECT 1 FROM incarnation_witness WHERE answered IS DISTINCT FROM $2
         AND seen_at > (SELECT max(seen_at) FROM incarnation_witness) - interval '${ALIVE_SECONDS} s'
     ) RETURNING id`,
    [id, serverLife],
  );
  return rows.length > 0;
}

/** As `confirmIfAllAnswered`, without asking. */
export async function confirmUnwitnessed(
  session: SqlExecutor,
  id: string,
  serverLife: string,
  unwitnessed: IncarnationOptions['unwitnessed'],
): Promise<boolean> {
  return inTransaction(session, async () => {
    const rows = await session.query(`${CONFIRM} RETURNING id`, [id, serverLife]);
    if (rows.length > 0) await unwitnessed?.(session);
    return rows.length > 0;
  });
}

/** Resolves with its counter. */
export async function registerWitness(session: SqlExecutor, process: string, before: string): Promise<number> {
  return inTransaction(session, async () => {
    await forgetWitness(session, before);
    await session.query('INSERT INTO incarnation_witness (process, n) VALUES ($1, 1)', [process]);
    return 1;
  });
}

export async function forgetWitness(session: SqlExecutor, process: string): Promise<void> {
  await session.query('DELETE FROM incarnation_witness WHERE process = $1', [process]);
}

/** Says that the process lives, and forgets those that are long gone. Resolves with its counter. */
export async function beat(session: SqlExecutor, process: string): Promise<number> {
  await session.query(`DELETE FROM incarnation_witness WHERE seen_at < clock_timestamp() - interval '${KEPT_DAYS} d'`);
  // A clock that was set back would make the others look dead.
  await session.query('UPDATE incarnation_witness SET seen_at = clock_timestamp() WHERE seen_at > clock_timestamp()');
  const [row] = await session.query<{ n: number }>(
    'UPDATE incarnation_witness SET n = n + 1, seen_at = clock_timestamp() WHERE process = $1 RETURNING n::float8 AS n',
    [process],
  );
  return row?.n ?? 0;
}

async function inTransaction<T>(session: SqlExecutor, work: () => Promise<T>): Promise<T> {
  await session.query('BEGIN');
  try {
    const result = await work();
    await session.query('COMMIT');
    return result;
  } catch (error) {
    await session.query('ROLLBACK').catch(() => undefined);
    throw error;
  }
}

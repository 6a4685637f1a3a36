import type { SqlExecutor } from '@smartant/platform/postgres';

/** Failures that cost nothing; each later one doubles the wait, from a second up to the longest. */
const FREE_FAILURES = 5;
const LONGEST_WAIT_SECONDS = 900;
/** Attempts are forgotten after this. */
const MEMORY = "interval '1 hour'";

const NEW_COUNT = `CASE WHEN attempt.updated_at < now() - ${MEMORY} THEN 1 ELSE attempt.failures + 1 END`;

/**
 * Counts and decides in one statement: of a hundred parallel guesses each sees the count of those before it. An attempt that comes while
 * the subject is blocked is not counted, or a guesser could keep the owner of the account out for ever.
 */
const BEGIN = `
  INSERT INTO sign_in_attempt AS attempt (subject, failures, blocked_until, updated_at) VALUES ($1, 1, NULL, now())
  ON CONFLICT (subject) DO UPDATE SET
    failures = ${NEW_COUNT},
    blocked_until = CASE WHEN ${NEW_COUNT} >= ${FREE_FAILURES}
      THEN now() + make_interval(secs => least(power(2, least(${NEW_COUNT} - ${FREE_FAILURES}, 20)), ${LONGEST_WAIT_SECONDS}))
    END,
    updated_at = now()
  WHERE attempt.blocked_until IS NULL OR attempt.blocked_until <= now()
  RETURNING failures`;

const WAIT = `SELECT greatest(ceil(extract(epoch FROM blocked_until - clock_timestamp()) * 1000), 1)::int AS wait_ms FROM sign_in_attempt WHERE subject = $1`;

/** Guessed names must not fill the table. Rows that another request is at are left to a later one. */
const FORGET = `
  DELETE FROM sign_in_attempt WHERE subject IN (
    SELECT subject FROM sign_in_attempt WHERE updated_at < now() - ${MEMORY} ORDER BY updated_at LIMIT 100 FOR UPDATE SKIP LOCKED
  )`;

/** See `IdentityStore.beginSignIn`. */
export async function beginSignIn(database: SqlExecutor, subject: string): Promise<number> {
  await database.query(FORGET);
  const [allowed] = await database.query(BEGIN, [subject]);
  if (allowed) return 0;
  const [row] = await database.query<{ wait_ms: number }>(WAIT, [subject]);
  return row?.wait_ms ?? 0;
}

/** See `IdentityStore.clearSignIn`. */
export async function clearSignIn(database: SqlExecutor, subject: string): Promise<void> {
  await database.query('DELETE FROM sign_in_attempt WHERE subject = $1', [subject]);
}

import type { SqlExecutor } from '@smartant/platform/postgres';
import type { AttemptBudget } from '../../../application/identity/identity-store';

/** Failures that cost nothing; each later one doubles the wait, from a second up to the longest. */
const USUAL_BUDGET: AttemptBudget = { freeFailures: 5, longestWaitSeconds: 900 };
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
    blocked_until = CASE WHEN ${NEW_COUNT} >= $2::int
      THEN now() + make_interval(secs => least(power(2, least(${NEW_COUNT} - $2::int, 20)), $3::int))
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
export async function beginSignIn(database: SqlExecutor, subject: string, budget = USUAL_BUDGET): Promise<number> {
  await database.query(FORGET);
  const [allowed] = await database.query(BEGIN, [subject, budget.freeFailures, budget.longestWaitSeconds]);
  if (allowed) return 0;
  const [row] = await database.query<{ wait_ms: number }>(WAIT, [subject]);
  return row?.wait_ms ?? 0;
}

/** See `IdentityStore.clearSignIn`. */
export async function clearSignIn(database: SqlExecutor, subject: string): Promise<void> {
  await database.query('DELETE FROM sign_in_attempt WHERE subject = $1', [subject]);
}

/** See `IdentityStore.forgiveSignIn`. */
export async function forgiveSignIn(database: SqlExecutor, subject: string): Promise<void> {
  await database.query('UPDATE sign_in_attempt SET failures = greatest(failures - 1, 0) WHERE subject = $1', [subject]);
}

/** So long an address that a name has signed in from is known. */
const KNOWN = "interval '90 days'";

/** See `IdentityStore.knowsSignIn`. */
export async function knowsSignIn(database: SqlExecutor, subject: string): Promise<boolean> {
  return (await database.query(`SELECT 1 FROM sign_in_known WHERE subject = $1 AND seen_at > now() - ${KNOWN}`, [subject])).length > 0;
}

/** See `IdentityStore.rememberSignIn`. */
export async function rememberSignIn(database: SqlExecutor, subject: string): Promise<void> {
  await database.query(`DELETE FROM sign_in_known WHERE seen_at < now() - ${KNOWN}`);
  await database.query(
    'INSERT INTO sign_in_known (subject, seen_at) VALUES ($1, now()) ON CONFLICT (subject) DO UPDATE SET seen_at = now()',
    [subject],
  );
}

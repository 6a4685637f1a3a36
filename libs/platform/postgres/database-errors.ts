import { SmartantError } from '@smartant/kernel';

/** SQLSTATE classes and Node error codes that mean "no answer from the server just now": trying again can help. */
const UNAVAILABLE = /^(08|57P0|25P03|53300|ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_AGAIN)/;
const ACCESS_DENIED = /^(28|42501|3D000)/;
const STATEMENT_TIMEOUT = /^57014$/;
const DISK_FULL = /^(53100|ENOSPC)/;
/** pg gives these no code: https://github.com/brianc/node-postgres/blob/master/packages/pg/lib/client.js */
const CONNECTION_ENDED = /^(Connection terminated|Client has encountered a connection error|timeout exceeded when trying to connect)/;
/** TypeORM lets go of a connection that broke in mid-transaction; the next statement of the transaction then fails with this. */
const RUNNER_RELEASED = 'QueryRunnerAlreadyReleasedError';
const UNIQUE_VIOLATION = '23505';
const RETRYABLE_TRANSACTION = new Set(['40001', '40P01']);

interface DriverError {
  name?: string;
  code?: string;
  constraint?: string;
  message?: string;
  driverError?: DriverError;
}

function driverError(error: unknown): DriverError {
  const outer = (error ?? {}) as DriverError;
  return outer.driverError ?? outer;
}

/** The SQLSTATE (or Node error code) of a failed statement; undefined when there is none. */
export function sqlState(error: unknown): string | undefined {
  const { code } = driverError(error);
  return typeof code === 'string' ? code : undefined;
}

/** True for a unique violation, of the named constraint when one is named. */
export function isUniqueViolation(error: unknown, constraint?: string): boolean {
  return sqlState(error) === UNIQUE_VIOLATION && (constraint === undefined || driverError(error).constraint === constraint);
}

/** True when the whole transaction may simply be run again: serialization failure or deadlock. */
export function isRetryableTransactionError(error: unknown): boolean {
  if (RETRYABLE_TRANSACTION.has(sqlState(error) ?? '')) return true;
  return error instanceof Error && error.cause !== undefined && isRetryableTransactionError(error.cause);
}

function connectionEnded(error: unknown): boolean {
  const { name, message } = driverError(error);
  return name === RUNNER_RELEASED || CONNECTION_ENDED.test(message ?? '');
}

/**
 * Failures that an operator has to know by a stable code, classified by SQLSTATE: DATABASE_UNAVAILABLE, DATABASE_ACCESS_DENIED,
 * DATABASE_DISK_FULL, DATABASE_STATEMENT_TIMEOUT. Anything else comes back unchanged, so that callers can look at constraint violations.
 */
export function toDatabaseError(error: unknown): unknown {
  if (error instanceof SmartantError) return error;
  const code = sqlState(error) ?? '';
  if (DISK_FULL.test(code)) {
    return new SmartantError('DATABASE_DISK_FULL', 'The database has no disk space left.', {
      kind: 'unavailable',
      retry: { kind: 'backoff' },
      hint: 'Free disk space where PostgreSQL keeps its data; work goes on by itself.',
      cause: error,
    });
  }
  if (STATEMENT_TIMEOUT.test(code)) {
    return new SmartantError('DATABASE_STATEMENT_TIMEOUT', 'The database did not finish a statement in time.', {
      kind: 'timeout',
      hint: 'It is tried again where that is harmless. If it keeps happening, look for locks and long statements in pg_stat_activity.',
      cause: error,
    });
  }
  if (ACCESS_DENIED.test(code)) {
    return new SmartantError('DATABASE_ACCESS_DENIED', 'The database refused the sign-in, the database name or a permission.', {
      kind: 'internal',
      actor: 'operator',
      hint: 'Check user, password, database name and grants behind SMARTANT_DATABASE_URL.',
      details: { sqlState: code },
      cause: error,
    });
  }
  if (UNAVAILABLE.test(code) || connectionEnded(error)) {
    return new SmartantError('DATABASE_UNAVAILABLE', 'The database cannot be reached.', {
      kind: 'unavailable',
      retry: { kind: 'backoff' },
      hint: 'Check that PostgreSQL runs and that SMARTANT_DATABASE_URL points to it.',
      details: { reason: code === '' ? 'connection ended' : code },
      cause: error,
    });
  }
  return error;
}

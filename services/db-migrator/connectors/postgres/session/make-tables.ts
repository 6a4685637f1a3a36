import type { PgSession } from './pg-session';
import { restingEventTriggersSql } from './rest-event-triggers';

/**
 * Makes what this program remembers at a target, in its schema `smartant`. Each statement must do nothing where its object is there already.
 * One after the other for the whole database: IF NOT EXISTS alone does not keep two that come at once from failing (42710, 42P07 or 23505,
 * whatever the second one meets first). All of them or none is there afterwards.
 */
export async function makeTables(session: PgSession, statements: readonly string[], signal?: AbortSignal): Promise<void> {
  const inTurn = `SELECT pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended('smartant tables', 0))`;
  await session.query(
    [restingEventTriggersSql(session), inTurn, 'CREATE SCHEMA IF NOT EXISTS smartant', ...statements].join(';\n'),
    undefined,
    signal,
  );
}

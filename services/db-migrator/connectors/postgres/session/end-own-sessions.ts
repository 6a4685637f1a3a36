import { setTimeout as delay } from 'node:timers/promises';
import { SmartantError } from '@smartant/kernel';
import type { PgSession } from './pg-session';

/** What the server keeps of an application's name. */
const LONGEST_NAME = 63;
const PAUSE_MS = 20;
const PATIENCE_MS = 10_000;

/**
 * Ends the role's other sessions of that application name on this database, and waits until they are gone: one that was about to commit may still
 * do so. For what earlier holders of a work left: a process that is stopped keeps its locks as long as it lives, and one whose machine is gone
 * without a word until the server's keepalive finds out. Raises DATABASE_BUSY (backoff) when one of them does not end within ten seconds.
 */
export async function endOwnSessions(session: PgSession, applicationName: string, signal?: AbortSignal): Promise<void> {
  const ended = await session.query(END, [applicationName.slice(0, LONGEST_NAME)], signal);
  const pids = ended.map(({ pid }) => Number(pid));
  const untilMs = Date.now() + PATIENCE_MS;
  for (let left = pids; left.length > 0; await delay(PAUSE_MS, undefined, { signal })) {
    left = (await session.query(LEFT, [JSON.stringify(left), applicationName.slice(0, LONGEST_NAME)], signal)).map(({ pid }) =>
      Number(pid),
    );
    if (left.length === 0) return;
    if (Date.now() > untilMs) throw stays(applicationName, left);
  }
}

function stays(applicationName: string, pids: number[]): SmartantError {
  return new SmartantError('DATABASE_BUSY', `Sessions "${applicationName}" of an earlier holder do not end (${pids.join(', ')}).`, {
    kind: 'conflict',
    retry: { kind: 'backoff' },
    hint: 'It is tried again. If it stays so, end them with pg_terminate_backend.',
  });
}

const OWN = `datname = current_database() AND usename = current_user AND application_name`;
const END = `SELECT pid, pg_terminate_backend(pid) FROM pg_stat_activity WHERE ${OWN} = $1 AND pid <> pg_backend_pid()`;
const LEFT = `SELECT pid FROM pg_stat_activity
  WHERE ${OWN} = $2 AND pid IN (SELECT value::int FROM pg_catalog.json_array_elements_text($1::json))`;

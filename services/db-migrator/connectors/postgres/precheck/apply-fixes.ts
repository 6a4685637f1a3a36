import { toSmartantError } from '@smartant/kernel';
import type { AppliedFix } from '../../../application/ports/database-engine';
import type { PgEndpoint, PgSession } from '../session/pg-session';
import type { PairFinding, Side } from './pair-finding';

/** A fix that would wait behind an application's lock is given up: whoever comes after it would wait as well. */
const LOCK_WAIT = '10s';

/**
 * Runs the statements of findings, one finding after the other and each statement by itself (some may not stand in a transaction). What the role may
 * not do, or the server refuses, is told of that finding and does not keep the others.
 */
export async function applyFixes(
  ends: Record<Side, PgEndpoint>,
  findings: readonly PairFinding[],
  signal: AbortSignal,
): Promise<AppliedFix[]> {
  const applied: AppliedFix[] = [];
  for (const side of ['source', 'target'] as const) {
    const wanted = findings.filter(({ subject, fix }) => subject === side && fix);
    if (wanted.length === 0) continue;
    const session = await ends[side].open({ applicationName: 'smartant fix', settings: { lock_timeout: LOCK_WAIT }, signal });
    try {
      for (const finding of wanted) applied.push(await applyOne(session, finding, side, signal));
    } finally {
      await session.close();
    }
  }
  return applied;
}

async function applyOne(session: PgSession, { code, fix }: PairFinding, subject: Side, signal: AbortSignal): Promise<AppliedFix> {
  const { statements, needsRestart } = fix!;
  const told = { code, subject, statements, needsRestart };
  try {
    for (const statement of statements) await session.query(statement, undefined, signal);
    return { ...told, error: null };
  } catch (thrown) {
    signal.throwIfAborted();
    const error = toSmartantError(thrown);
    return { ...told, error: { code: error.code, message: error.message, hint: error.hint ?? '', retryable: error.retryable } };
  }
}

import type { Table } from '../catalog/catalog';
import { liveFindings } from '../precheck/live-rules';
import type { PairFinding } from '../precheck/pair-finding';
import { readServerFacts } from '../precheck/server-facts';
import { identityFindings } from '../precheck/table-rules';
import type { PgSession } from '../session/pg-session';

/**
 * What the target still needs so that its changes can be streamed back to the source, by asking it before the cutover; blockers keep the
 * stream back from being armed. Changes nothing. `tables`: those of the target's catalogue that were migrated.
 */
export async function prepareReverse(session: PgSession, tables: readonly Table[], signal: AbortSignal): Promise<PairFinding[]> {
  const facts = await readServerFacts(session, signal);
  return [
    ...liveFindings(facts, 'target'),
    ...(await identityFindings(session, tables, 'target', signal)),
    ...(await notOwned(session, tables, signal)),
  ];
}

async function notOwned(session: PgSession, tables: readonly Table[], signal: AbortSignal): Promise<PairFinding[]> {
  const rows = await session.query(
    `SELECT c.oid::regclass::text AS name FROM pg_class c WHERE c.oid = ANY ($1::oid[]) AND NOT pg_has_role(c.relowner, 'USAGE') ORDER BY 1`,
    [`{${tables.map(({ oid }) => oid).join(',')}}`],
    signal,
  );
  if (rows.length === 0) return [];
  return [
    {
      severity: 'blocker',
      code: 'DATABASE_PUBLICATION_DENIED',
      subject: 'target',
      message: `The role does not own ${rows.length} tables of the target (first: ${rows[0]?.['name']}) and so may not publish their changes back.`,
      hint: 'Grant it the owner’s role, or cut over without a way back (reverse: false).',
    },
  ];
}

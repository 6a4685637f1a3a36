import type { JobState } from '../../../application/ports/database-engine';
import { quoteName, quoteText } from '../catalog/catalog';
import type { PgSession } from '../session/pg-session';
import { granteeSql, loadFreezeRecord, saveFreezeRecord, type FreezeRecord, type FrozenSide } from './freeze-record';
import { endFormerHolders } from './other-sessions';

/**
 * Undoes exactly what `freezeWrites` did to the database, by the record of it; nothing when there is none. Can be repeated. A barrier that a former
 * holder left is ended; one's own is released before. Resolves with whether there was anything to undo.
 */
export async function thawWrites(
  session: PgSession,
  { state, side, migrationId }: { state: JobState; side: FrozenSide; migrationId: string },
): Promise<boolean> {
  await endFormerHolders(session, migrationId);
  const record = await loadFreezeRecord(state, side);
  if (!record) return false;
  const rows = await session.query('SELECT rolname FROM pg_roles');
  // A role that was dropped meanwhile has nothing to get back.
  const roles = new Set(['', ...rows.map((row) => row['rolname'])]);
  const undo = undoOf({
    ...record,
    revoked: record.revoked.filter(({ grantee }) => roles.has(grantee)),
    grantedTo: record.grantedTo.filter((role) => roles.has(role)),
  });
  await session.transaction(async () => {
    for (const statement of undo) await session.query(statement);
  }, 'BEGIN READ WRITE');
  await saveFreezeRecord(state, side, null);
  return true;
}

function undoOf({ database, readOnlyBefore, revoked, grantedTo }: FreezeRecord): string[] {
  const name = quoteName(database);
  return [
    readOnlyBefore === null
      ? `ALTER DATABASE ${name} RESET default_transaction_read_only`
      : `ALTER DATABASE ${name} SET default_transaction_read_only = ${quoteText(readOnlyBefore)}`,
    ...revoked.map((grant) => `GRANT CONNECT ON DATABASE ${name} TO ${granteeSql(grant)}${grant.isGrantable ? ' WITH GRANT OPTION' : ''}`),
    ...grantedTo.map((role) => `REVOKE CONNECT ON DATABASE ${name} FROM ${quoteName(role)}`),
  ];
}

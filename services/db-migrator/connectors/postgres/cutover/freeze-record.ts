import type { JobState } from '../../../application/ports/database-engine';
import { quoteName } from '../catalog/catalog';
import type { PgSession } from '../session/pg-session';

/** What a database was like before it was frozen, kept until it is thawed, so that whoever comes after a crash can undo it. */
export interface FreezeRecord {
  database: string;
  /** The database's own default_transaction_read_only before; null: it had none. */
  readOnlyBefore: string | null;
  /** Grants of CONNECT that the freeze takes away. */
  revoked: ConnectGrant[];
  /** Roles that the freeze gives CONNECT to, because they had it only by way of one of those. */
  grantedTo: string[];
}

export interface ConnectGrant {
  /** Empty: PUBLIC. */
  grantee: string;
  isGrantable: boolean;
}

/** Where a record is kept: one for each side, since a rollback freezes the target. */
export type FrozenSide = 'source' | 'target';

/** The record of a side; null: it is not frozen by us. */
export async function loadFreezeRecord(state: JobState, side: FrozenSide): Promise<FreezeRecord | null> {
  return ((await state.load())[keyOf(side)] as FreezeRecord | null | undefined) ?? null;
}

export async function saveFreezeRecord(state: JobState, side: FrozenSide, record: FreezeRecord | null): Promise<void> {
  await state.save({ [keyOf(side)]: record });
}

/**
 * What freezing would change in the session's database as it is now. CONNECT stays with the session's own role, with `keepRoles`,
 * and with superusers, who need no grant.
 */
export async function planFreeze(session: PgSession, keepRoles: readonly string[], signal?: AbortSignal): Promise<FreezeRecord> {
  const [database] = await session.query(DATABASE, undefined, signal);
  const grants = await session.query(CONNECT_GRANTS, undefined, signal);
  const user = database?.['user'] ?? '';
  const kept = new Set([...keepRoles, user]);
  const revoked = grants
    .map((row) => ({ grantee: row['grantee'] ?? '', isGrantable: row['is_grantable'] === 't' }))
    .filter(({ grantee }) => !kept.has(grantee));
  const direct = new Set(grants.map((row) => row['grantee'] ?? ''));
  if (database?.['is_super'] === 't') direct.add(user);
  return {
    database: database?.['database'] ?? '',
    readOnlyBefore: database?.['read_only'] ?? null,
    revoked,
    grantedTo: revoked.length === 0 ? [] : [...kept].filter((role) => !direct.has(role)),
  };
}

export function granteeSql({ grantee }: ConnectGrant): string {
  return grantee === '' ? 'PUBLIC' : quoteName(grantee);
}

function keyOf(side: FrozenSide): string {
  return side === 'source' ? 'frozenSource' : 'frozenTarget';
}

const DATABASE = `SELECT d.datname AS database, current_user AS user, (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) AS is_super,
  (SELECT split_part(c, '=', 2) FROM pg_db_role_setting s, unnest(s.setconfig) c
    WHERE s.setdatabase = d.oid AND s.setrole = 0 AND c LIKE 'default\\_transaction\\_read\\_only=%') AS read_only
  FROM pg_database d WHERE d.datname = current_database()`;

const CONNECT_GRANTS = `SELECT CASE WHEN a.grantee = 0 THEN '' ELSE pg_get_userbyid(a.grantee)::text END AS grantee, bool_or(a.is_grantable) AS is_grantable
  FROM pg_database d, aclexplode(coalesce(d.datacl, acldefault('d', d.datdba))) a
  WHERE d.datname = current_database() AND a.privilege_type = 'CONNECT' GROUP BY 1 ORDER BY 1`;

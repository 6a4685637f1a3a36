import type { Database, SqlExecutor } from '@smartant/platform/postgres';
import type { SigningKeyView } from '../../../application/identity/signing-key-service';
import type { NewSigningKey, SigningKeyRecord } from '../../../application/identity/identity-store';

interface Row {
  kid: string;
  public_jwk: SigningKeyRecord['publicJwk'];
  sealed_private_key: string;
  active: boolean;
}

/** Published keys; the newest active one is the first active one. */
export async function signingKeys(database: SqlExecutor): Promise<SigningKeyRecord[]> {
  const rows = await database.query<Row>(
    `SELECT kid, public_jwk, sealed_private_key, activates_at <= now() AS active FROM signing_key
     WHERE retires_at IS NULL OR retires_at > now() ORDER BY activates_at DESC, kid DESC`,
  );
  return rows.map((row) => ({ kid: row.kid, publicJwk: row.public_jwk, sealedPrivateKey: row.sealed_private_key, active: row.active }));
}

/** The lock makes two replicas that start at once agree on one first key. */
export function addFirstSigningKey(database: Database, key: NewSigningKey): Promise<boolean> {
  return database.transaction(async (tx) => {
    await tx.query('LOCK TABLE signing_key IN SHARE ROW EXCLUSIVE MODE');
    const [existing] = await tx.query('SELECT 1 FROM signing_key WHERE retires_at IS NULL OR retires_at > now() LIMIT 1');
    if (existing) return false;
    await insert(tx, key);
    return true;
  });
}

/** See `rotateIn`. */
export function rotateSigningKey(database: Database, key: NewSigningKey, overlapMs: number): Promise<void> {
  return database.transaction((tx) => rotateIn(tx, key, overlapMs));
}

/** Inside a transaction. Keys that have an earlier end keep it. */
export async function rotateIn(tx: SqlExecutor, key: NewSigningKey, overlapMs: number): Promise<void> {
  await tx.query('LOCK TABLE signing_key IN SHARE ROW EXCLUSIVE MODE');
  await tx.query('UPDATE signing_key SET retires_at = least(retires_at, now() + make_interval(secs => $1::float8 / 1000))', [
    key.activatesInMs + overlapMs,
  ]);
  await insert(tx, key);
}

/** The newest first. */
export async function listSigningKeys(database: SqlExecutor): Promise<SigningKeyView[]> {
  const rows = await database.query<{ kid: string; active: boolean; created_at: Date; activates_at: Date; retires_at: Date | null }>(
    `SELECT kid, created_at, activates_at, retires_at, activates_at <= now() AS active FROM signing_key
     WHERE retires_at IS NULL OR retires_at > now() ORDER BY activates_at DESC, kid DESC`,
  );
  const signing = rows.find(({ active }) => active)?.kid;
  return rows.map((row) => ({
    kid: row.kid,
    state: row.kid === signing ? 'signing' : row.active ? 'old' : 'next',
    createdAt: row.created_at.toISOString(),
    activatesAt: row.activates_at.toISOString(),
    retiresAt: row.retires_at?.toISOString() ?? null,
  }));
}

async function insert(tx: SqlExecutor, key: NewSigningKey): Promise<void> {
  await tx.query(
    `INSERT INTO signing_key (kid, public_jwk, sealed_private_key, activates_at)
     VALUES ($1, $2, $3, now() + make_interval(secs => $4::float8 / 1000))`,
    [key.kid, JSON.stringify(key.publicJwk), key.sealedPrivateKey, key.activatesInMs],
  );
}

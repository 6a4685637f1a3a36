import { SmartantError } from '@smartant/kernel';
import { quoteName, quoteText } from '../catalog/catalog';
import type { PgEndpoint, PgSession } from '../session/pg-session';
import { holdSchema, type SchemaHolder } from './hold-schema';

export interface CopyLargeObjectsOptions extends SchemaHolder {
  source: PgEndpoint;
  /** Of pg_export_snapshot or a slot: logical decoding tells nothing of large objects, so later changes of them are not seen. */
  snapshot?: string;
  /** Give them to their owners, with their rights. */
  roles: boolean;
  /** Bytes about to be read from the source. */
  admit: (bytes: number, signal: AbortSignal) => Promise<void>;
  onProgress: (copied: { objects: number; bytes: number }) => void;
}

const CHUNK_BYTES = 1 << 20;
const TABLE = `CREATE TABLE IF NOT EXISTS smartant.large_object (migration_id text NOT NULL, oid oid NOT NULL, bytes bigint NOT NULL, PRIMARY KEY (migration_id, oid))`;

/**
 * Copies large objects under their oids, each in one transaction that also remembers it, a MiB at a time. One that the target has of somebody
 * else's under the same oid raises LARGE_OBJECT_EXISTS. Idempotent; resolves with what is there of this migration.
 */
export async function copyLargeObjects(options: CopyLargeObjectsOptions): Promise<{ objects: number; bytes: number }> {
  return holdSchema(options, async ({ session }) => {
    await session.query(TABLE, undefined, options.signal);
    const reader = await options.source.open({ applicationName: `smartant large objects ${options.migrationId}`, signal: options.signal });
    try {
      await reader.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
      if (options.snapshot !== undefined) await reader.query(`SET TRANSACTION SNAPSHOT ${quoteText(options.snapshot)}`);
      return await copyAll(reader, session, options);
    } finally {
      await reader.close();
    }
  });
}

async function copyAll(
  reader: PgSession,
  session: PgSession,
  options: CopyLargeObjectsOptions,
): Promise<{ objects: number; bytes: number }> {
  const { migrationId, signal } = options;
  const there = await session.query(`SELECT oid, bytes FROM smartant.large_object WHERE migration_id = $1`, [migrationId], signal);
  const known = new Set(there.map(({ oid }) => oid));
  const total = { objects: there.length, bytes: there.reduce((sum, { bytes }) => sum + Number(bytes), 0) };
  await reader.query(`DECLARE objects NO SCROLL CURSOR FOR SELECT m.oid, pg_get_userbyid(lomowner) AS owner,
    (SELECT json_agg(json_build_array(CASE WHEN a.grantee = 0 THEN NULL ELSE pg_get_userbyid(a.grantee) END, a.privilege_type, a.is_grantable)) FROM aclexplode(lomacl) a WHERE a.grantee <> lomowner) AS rights,
    obj_description(m.oid, 'pg_largeobject') AS comment FROM pg_largeobject_metadata m ORDER BY m.oid`);
  for (;;) {
    const rows = await reader.query('FETCH 500 FROM objects', undefined, signal);
    if (rows.length === 0) return total;
    for (const row of rows) {
      if (known.has(row['oid'] ?? '')) continue;
      const bytes = await session.transaction(() => copyOne(reader, session, row, options));
      total.objects += 1;
      total.bytes += bytes;
      options.onProgress({ ...total });
    }
  }
}

async function copyOne(
  reader: PgSession,
  session: PgSession,
  row: { [column: string]: string | null },
  options: CopyLargeObjectsOptions,
): Promise<number> {
  const { signal, roles, migrationId } = options;
  const oid = row['oid'] ?? '';
  await create(session, oid);
  let bytes = 0;
  for (;;) {
    await options.admit(CHUNK_BYTES, signal);
    const [chunk] = await reader.query(
      `SELECT encode(lo_get($1::oid, $2::bigint, $3::int), 'base64') AS data`,
      [oid, String(bytes), String(CHUNK_BYTES)],
      signal,
    );
    const data = chunk?.['data'] ?? '';
    // The server breaks lines in it, which a count from its length would take for content.
    const length = Buffer.from(data, 'base64').length;
    if (length > 0) await session.query(`SELECT lo_put($1::oid, $2::bigint, decode($3, 'base64'))`, [oid, String(bytes), data], signal);
    bytes += length;
    if (length < CHUNK_BYTES) break;
  }
  if (row['comment']) await session.query(`COMMENT ON LARGE OBJECT ${oid} IS ${quoteText(row['comment'])}`, undefined, signal);
  if (roles) await giveAway(session, row);
  await session.query('INSERT INTO smartant.large_object VALUES ($1, $2::oid, $3::bigint)', [migrationId, oid, String(bytes)], signal);
  return bytes;
}

async function create(session: PgSession, oid: string): Promise<void> {
  try {
    await session.query('SELECT lo_create($1::oid)', [oid]);
  } catch (error) {
    if (!(error instanceof SmartantError) || error.details['sqlState'] !== '23505') throw error;
    throw new SmartantError('LARGE_OBJECT_EXISTS', `The target has a large object ${oid} already.`, {
      kind: 'precondition',
      hint: 'Choose a database without large objects, remove it there (lo_unlink), or migrate without large objects.',
      cause: error,
    });
  }
}

async function giveAway(session: PgSession, row: { [column: string]: string | null }): Promise<void> {
  for (const [grantee, right, isGrantable] of JSON.parse(row['rights'] ?? '[]') as [string | null, string, boolean][]) {
    const to = grantee === null ? 'PUBLIC' : quoteName(grantee);
    await session.query(`GRANT ${right} ON LARGE OBJECT ${row['oid']} TO ${to}${isGrantable ? ' WITH GRANT OPTION' : ''}`);
  }
  await session.query(`ALTER LARGE OBJECT ${row['oid']} OWNER TO ${quoteName(row['owner'] ?? '')}`);
}

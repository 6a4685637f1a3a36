import { SmartantError } from '@smartant/kernel';
import { quoteText } from '../catalog/catalog';
import { makeTables } from '../session/make-tables';
import type { PgSession } from '../session/pg-session';
import type { CopySnapshot } from './copy-options';

const TABLE = `CREATE TABLE IF NOT EXISTS smartant.copied_large_object (
  migration_id text NOT NULL, oid oid NOT NULL, snapshot text NOT NULL, sync_lsn pg_lsn NOT NULL, bytes bigint NOT NULL, PRIMARY KEY (migration_id, oid))`;

/** What the target remembers of the large objects of one migration: which are its own, and under which snapshot they were read. */
export class LargeObjectRows {
  private readonly isMine: string;
  private readonly isCurrent: string;

  constructor(
    private readonly migrationId: string,
    private readonly snapshot: CopySnapshot,
  ) {
    this.isMine = `migration_id = ${quoteText(migrationId)}`;
    this.isCurrent = `${this.isMine} AND snapshot = ${quoteText(snapshot.name)} AND sync_lsn = ${quoteText(snapshot.lsn)}`;
  }

  async make(session: PgSession): Promise<void> {
    await makeTables(session, [TABLE]);
  }

  /** Those of `oids` that are not there as of this snapshot, in the same order. */
  async missing(session: PgSession, oids: string[]): Promise<string[]> {
    const rows = await session.query(`SELECT oid FROM smartant.copied_large_object WHERE ${this.isCurrent} AND oid = ANY($1::oid[])`, [
      listOf(oids),
    ]);
    const there = new Set(rows.map((row) => row['oid']));
    return oids.filter((oid) => !there.has(oid));
  }

  /** Takes away what the target has under these oids. Raises DATABASE_LARGE_OBJECT_EXISTS when one is not ours and may not be taken. */
  async clear(session: PgSession, oids: string[], mayReplace: boolean): Promise<void> {
    const found = await session.query(
      `SELECT m.oid, c.oid IS NOT NULL AS mine FROM pg_largeobject_metadata m
         LEFT JOIN smartant.copied_large_object c ON c.oid = m.oid AND c.${this.isMine} WHERE m.oid = ANY($1::oid[])`,
      [listOf(oids)],
    );
    const foreign = found.find((row) => row['mine'] !== 't');
    if (foreign && !mayReplace) {
      throw new SmartantError('DATABASE_LARGE_OBJECT_EXISTS', `The target has a large object ${foreign['oid']} of its own.`, {
        kind: 'precondition',
        hint: 'Remove it with lo_unlink, or choose the policy replace: rows refer to large objects by these numbers, so they keep them.',
      });
    }
    if (found.length > 0)
      await session.query('SELECT lo_unlink(oid) FROM unnest($1::oid[]) AS f(oid)', [listOf(found.map((row) => row['oid'] ?? ''))]);
  }

  /** Makes objects of their first chunks, each as the server writes bytea. */
  async create(session: PgSession, objects: { oid: string; chunk: string }[], signal: AbortSignal): Promise<void> {
    const chunks = `{${objects.map(({ chunk }) => `"\\${chunk}"`).join(',')}}`;
    const oids = listOf(objects.map(({ oid }) => oid));
    await session.query('SELECT lo_from_bytea(oid, chunk) FROM unnest($1::oid[], $2::bytea[]) AS f(oid, chunk)', [oids, chunks], signal);
  }

  async add(session: PgSession, objects: { oid: string; bytes: number }[]): Promise<void> {
    await session.query(
      `INSERT INTO smartant.copied_large_object SELECT $1, oid, $2, $3::pg_lsn, bytes FROM unnest($4::oid[], $5::bigint[]) AS f(oid, bytes)
       ON CONFLICT (migration_id, oid) DO UPDATE SET snapshot = excluded.snapshot, sync_lsn = excluded.sync_lsn, bytes = excluded.bytes`,
      [
        this.migrationId,
        this.snapshot.name,
        this.snapshot.lsn,
        listOf(objects.map(({ oid }) => oid)),
        listOf(objects.map(({ bytes }) => String(bytes))),
      ],
    );
  }

  /** Removes those that were copied under another snapshot and are not in this one. */
  async removeOthers(session: PgSession): Promise<void> {
    await session.query(
      `WITH gone AS (DELETE FROM smartant.copied_large_object WHERE ${this.isMine} AND NOT (${this.isCurrent}) RETURNING oid)
       SELECT lo_unlink(m.oid) FROM gone JOIN pg_largeobject_metadata m USING (oid)`,
    );
  }

  async totals(session: PgSession): Promise<{ objects: number; bytes: number }> {
    const [row] = await session.query(
      `SELECT count(*) AS objects, coalesce(sum(bytes), 0) AS bytes FROM smartant.copied_large_object WHERE ${this.isCurrent}`,
    );
    return { objects: Number(row?.['objects']), bytes: Number(row?.['bytes']) };
  }
}

/** Numbers as an array of the server's. */
function listOf(numbers: string[]): string {
  return `{${numbers.join(',')}}`;
}

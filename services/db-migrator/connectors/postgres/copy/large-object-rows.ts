import { SmartantError } from '@smartant/kernel';
import { quoteText } from '../catalog/catalog';
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
    await session.query(TABLE);
  }

  /** The last object that was copied under this snapshot; they go by their oids. */
  async last(session: PgSession): Promise<string> {
    const [row] = await session.query(
      `SELECT coalesce(max(oid::bigint), 0) AS last FROM smartant.copied_large_object WHERE ${this.isCurrent}`,
    );
    return row?.['last'] ?? '0';
  }

  /** Takes away what the target has under this oid. Raises DATABASE_LARGE_OBJECT_EXISTS when it is not ours and may not be taken. */
  async clear(session: PgSession, oid: string, mayReplace: boolean): Promise<void> {
    const [row] = await session.query(
      `SELECT EXISTS (SELECT FROM smartant.copied_large_object WHERE ${this.isMine} AND oid = ${oid}) AS mine,
         EXISTS (SELECT FROM pg_largeobject_metadata WHERE oid = ${oid}) AS found`,
    );
    if (row?.['found'] !== 't') return;
    if (row['mine'] !== 't' && !mayReplace) {
      throw new SmartantError('DATABASE_LARGE_OBJECT_EXISTS', `The target has a large object ${oid} of its own.`, {
        kind: 'precondition',
        hint: 'Remove it with lo_unlink, or choose the policy replace: rows refer to large objects by these numbers, so they cannot be given others.',
      });
    }
    await session.query(`SELECT lo_unlink(${oid})`);
  }

  async add(session: PgSession, oid: string, bytes: number): Promise<void> {
    const { name, lsn } = this.snapshot;
    await session.query(
      `INSERT INTO smartant.copied_large_object VALUES (${quoteText(this.migrationId)}, ${oid}, ${quoteText(name)}, ${quoteText(lsn)}, ${bytes})
       ON CONFLICT (migration_id, oid) DO UPDATE SET snapshot = excluded.snapshot, sync_lsn = excluded.sync_lsn, bytes = excluded.bytes`,
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

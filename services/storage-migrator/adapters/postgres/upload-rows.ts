import type { PartReceipt } from '@smartant/connectors';
import type { Tx, Upload, UploadIntent, UploadStore } from '../../application/ports/stores';

const COLUMNS = `migration_id AS "migrationId", key, upload_id AS "uploadId", part_size_bytes::float8 AS "partSizeBytes", change_id AS "changeId"`;

export class UploadRows implements UploadStore {
  async intend(tx: Tx, migrationId: string, key: string): Promise<string> {
    const [row] = await tx.query<{ id: string }>(
      'INSERT INTO upload_intent (migration_id, key) VALUES ($1, $2) RETURNING intent_id::text AS id',
      [migrationId, key],
    );
    return row?.id ?? '';
  }

  async dropIntent(tx: Tx, intentId: string): Promise<void> {
    await tx.query('DELETE FROM upload_intent WHERE intent_id = $1', [intentId]);
  }

  async intents(tx: Tx, migrationId: string, page: { key?: string; after?: string; limit: number }): Promise<UploadIntent[]> {
    return tx.query<UploadIntent>(
      `SELECT intent_id::text AS "intentId", key, extract(epoch FROM begun_at)::float8 * 1000 AS "begunAtMs",
              extract(epoch FROM clock_timestamp() - begun_at)::float8 * 1000 AS "ageMs"
       FROM upload_intent WHERE migration_id = $1 AND ($2::text IS NULL OR key = $2) AND ($3::bigint IS NULL OR intent_id > $3::bigint)
       ORDER BY intent_id LIMIT $4`,
      [migrationId, page.key ?? null, page.after ?? null, page.limit],
    );
  }

  async find(tx: Tx, migrationId: string, key: string): Promise<Upload | null> {
    const [row] = await tx.query<Upload>(`SELECT ${COLUMNS} FROM upload WHERE migration_id = $1 AND key = $2`, [migrationId, key]);
    return row ?? null;
  }

  async save(tx: Tx, upload: Upload): Promise<void> {
    await tx.query('INSERT INTO upload (migration_id, key, upload_id, part_size_bytes, change_id) VALUES ($1, $2, $3, $4, $5)', [
      upload.migrationId,
      upload.key,
      upload.uploadId,
      upload.partSizeBytes,
      upload.changeId,
    ]);
  }

  async addReceipt(tx: Tx, upload: Upload, receipt: PartReceipt): Promise<void> {
    // Only for the upload it belongs to: a worker that lost its lease may come late, when another upload took its place.
    await tx.query(
      `INSERT INTO upload_part (migration_id, key, upload_id, part_number, etag, size, crc32)
       SELECT migration_id, key, upload_id, $4, $5, $6, $7 FROM upload WHERE migration_id = $1 AND key = $2 AND upload_id = $3
       ON CONFLICT (migration_id, key, part_number) DO UPDATE SET upload_id = excluded.upload_id, etag = excluded.etag, size = excluded.size, crc32 = excluded.crc32`,
      [upload.migrationId, upload.key, upload.uploadId, receipt.partNumber, receipt.etag, receipt.size, receipt.crc32 ?? null],
    );
  }

  async receipts(tx: Tx, upload: Upload): Promise<PartReceipt[]> {
    const rows = await tx.query<Omit<PartReceipt, 'crc32'> & { crc32: string | null }>(
      `SELECT part_number AS "partNumber", etag, size::float8 AS size, crc32 FROM upload_part
       WHERE migration_id = $1 AND key = $2 AND upload_id = $3 ORDER BY part_number`,
      [upload.migrationId, upload.key, upload.uploadId],
    );
    return rows.map(({ crc32, ...receipt }) => (crc32 === null ? receipt : { ...receipt, crc32 }));
  }

  async storedBytes(tx: Tx, migrationId: string): Promise<number> {
    const [row] = await tx.query<{ bytes: number }>(
      'SELECT coalesce(sum(size), 0)::float8 AS bytes FROM upload_part WHERE migration_id = $1',
      [migrationId],
    );
    return row?.bytes ?? 0;
  }

  async remove(tx: Tx, upload: Upload): Promise<void> {
    await tx.query('DELETE FROM upload WHERE migration_id = $1 AND key = $2 AND upload_id = $3', [
      upload.migrationId,
      upload.key,
      upload.uploadId,
    ]);
  }

  async some(tx: Tx, migrationId: string, limit: number): Promise<Upload[]> {
    return tx.query<Upload>(`SELECT ${COLUMNS} FROM upload WHERE migration_id = $1 ORDER BY key LIMIT $2`, [migrationId, limit]);
  }
}

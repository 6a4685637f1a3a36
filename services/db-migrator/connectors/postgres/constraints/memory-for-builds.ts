import type { PgSession } from '../session/pg-session';

const MAX_BYTES = 1 << 30;

/**
 * `maintenance_work_mem` for sessions that build indexes at the same time: half of what the server's owner gave to shared_buffers, between
 * them, but never less than the setting is already, nor more than 1 GiB. The machine's memory cannot be asked for.
 */
export async function memoryForBuilds(session: PgSession, jobs: number): Promise<string> {
  const [row] = await session.query(
    `SELECT pg_size_bytes(current_setting('maintenance_work_mem')) AS now, pg_size_bytes(current_setting('shared_buffers')) AS shared`,
  );
  const bytes = Math.max(Number(row?.['now']), Math.min(MAX_BYTES, Number(row?.['shared']) / 2 / jobs));
  return `${Math.floor(bytes / 1024)}kB`;
}

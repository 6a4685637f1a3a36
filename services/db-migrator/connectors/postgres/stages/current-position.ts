import { applicationName, withSession, type OpenJob } from './open-job';

/** The end of the source's log that is on its disk. */
export async function currentPosition({ job, source }: OpenJob, signal: AbortSignal): Promise<string> {
  const [row] = await withSession(source, applicationName(job, 'position'), signal, (session) =>
    session.query('SELECT pg_current_wal_flush_lsn() AS lsn', undefined, signal),
  );
  return row?.['lsn'] ?? '0/0';
}

import type { Table } from '../catalog/catalog';
import { streamObjectNames } from '../replication/object-names';
import { createPublication, dropPublication } from '../replication/publication';
import { dropSlot } from '../replication/slot';
import type { PgSession } from '../session/pg-session';
import { applicationName, publishedOf, withSession, type OpenJob } from './open-job';
import { forgetSyncSchemas } from './sync-schema';

/** The slot that has the changes of tables which are brought in, since their snapshot. */
export function syncSlotName({ job }: OpenJob): string {
  return `${streamObjectNames(job.migrationId).slot}_sync`;
}

/** What the second slot is read by: the tables that are brought in. */
export function publishSynced(open: OpenJob, tables: readonly Table[], signal: AbortSignal): Promise<string[]> {
  return publishAs(open, publicationName(open), tables, signal);
}

/** Tables of the stream itself. Before the second slot is made, so that the stream has all changes that come after its snapshot. */
export async function publishStreamed(open: OpenJob, tables: readonly Table[], signal: AbortSignal): Promise<void> {
  const { job, state } = open;
  const stream = await state.stream('stream');
  const publications = await publishAs(open, streamObjectNames(job.migrationId).publication, tables, signal);
  await state.save({ stream: { ...stream, publications } });
}

/** Whatever an earlier sync left; a slot that nobody reads keeps the source's log. */
export async function clearSyncObjects(open: OpenJob, signal: AbortSignal): Promise<void> {
  const { job, source, state } = open;
  await withSession(source, applicationName(job, 'sync'), signal, async (session) => {
    await dropSlot(session, syncSlotName(open), signal);
    const left = await session.query(
      'SELECT pubname FROM pg_publication WHERE starts_with(pubname::text, $1)',
      [publicationName(open)],
      signal,
    );
    if (left.length === 0) return;
    await session.transaction(async () => {
      for (const { pubname } of left) await dropPublication(session, pubname ?? '', signal);
    }, 'BEGIN READ WRITE');
  });
  if ((await state.load()).sync) await state.save({ sync: null });
  await syncAtTarget(open, signal, (session) => forgetSyncSchemas(session, job.migrationId, signal));
}

export function syncAtTarget<T>({ job, target }: OpenJob, signal: AbortSignal, work: (session: PgSession) => Promise<T>): Promise<T> {
  return withSession(target, applicationName(job, 'sync'), signal, work);
}

function publishAs(open: OpenJob, name: string, tables: readonly Table[], signal: AbortSignal): Promise<string[]> {
  return withSession(open.source, applicationName(open.job, 'publication'), signal, (session) =>
    createPublication(session, { name, tables: publishedOf(open, tables), identityless: 'inserts' }, signal),
  );
}

function publicationName({ job }: OpenJob): string {
  return `${streamObjectNames(job.migrationId).publication}_sync`;
}

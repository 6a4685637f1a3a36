import type { Finding } from '../../../application/ports/database-engine';
import type { Table } from '../catalog/catalog';
import { readCatalog } from '../catalog/read-catalog';
import { nameOf } from '../catalog/target-name';
import { prepareReverse } from '../cutover/prepare-reverse';
import { streamObjectNames } from '../replication/object-names';
import { createPublication, dropPublication } from '../replication/publication';
import { createSlot, dropSlot } from '../replication/slot';
import type { PgSession } from '../session/pg-session';
import { applicationName, sourceOf, withSession, type OpenJob } from './open-job';

/** What the target lacks for a stream back. `tables`: those of the source. */
export async function reverseFindings(open: OpenJob, tables: readonly Table[], signal: AbortSignal): Promise<Finding[]> {
  return withTarget(open, signal, async (session) => prepareReverse(session, await tablesAtTarget(open, session, tables, signal), signal));
}

/** Made anew by each cutover, when nothing of ours writes at the target any more: what comes by it is what applications wrote. */
export async function armStreamBack(open: OpenJob, tables: readonly Table[], signal: AbortSignal): Promise<void> {
  const { target, state } = open;
  const { slot, publication } = namesOf(open);
  const publications = await withTarget(open, signal, async (session) => {
    const published = (await tablesAtTarget(open, session, tables, signal)).map((table) => ({ table }));
    return createPublication(session, { name: publication, tables: published, identityless: 'inserts' }, signal);
  });
  const created = await createSlot(target, { name: slot, signal });
  await created.close();
  await state.save({ streamBack: { slot: created.slot, publications } });
}

/** What a cutover that did not open the target has armed: a slot that nobody reads keeps the target's log. Can be repeated. */
export async function disarmStreamBack(open: OpenJob, signal: AbortSignal): Promise<void> {
  const { slot, publication } = namesOf(open);
  await withTarget(open, signal, async (session) => {
    await dropSlot(session, slot, signal);
    await session.transaction(async () => {
      for (const name of [publication, `${publication}_inserts`]) await dropPublication(session, name, signal);
    }, 'BEGIN READ WRITE');
  });
  await open.state.save({ streamBack: null });
}

/** From the opening on the stream forth has nothing to bring, and a slot that nobody reads keeps the source's log. */
export async function dropStreamForth({ job, source, state }: OpenJob, signal: AbortSignal): Promise<void> {
  const { stream } = await state.load();
  if (!stream) return;
  await withSession(source, applicationName(job, 'stream'), signal, (session) => dropSlot(session, stream.slot.name, signal));
}

function namesOf({ job }: OpenJob): { slot: string; publication: string } {
  const { slot, publication } = streamObjectNames(job.migrationId);
  return { slot: `${slot}_back`, publication: `${publication}_back` };
}

function withTarget<T>({ job, target }: OpenJob, signal: AbortSignal, work: (session: PgSession) => Promise<T>): Promise<T> {
  return withSession(target, applicationName(job, 'stream back'), signal, work);
}

/** Those of the target's catalogue that were migrated. */
export async function tablesAtTarget(
  { target, targetName }: OpenJob,
  session: PgSession,
  tables: readonly Table[],
  signal: AbortSignal,
): Promise<Table[]> {
  const wanted = new Set(tables.map((table) => nameOf(targetName(table))));
  const catalog = await readCatalog(session, signal, sourceOf(target, signal));
  return catalog.tables.filter((table) => wanted.has(nameOf(table)));
}

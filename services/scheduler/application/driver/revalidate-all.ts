import { newId } from '@smartant/kernel';
import { revalidateMigration, revalidateRestored } from '../../domain/migration/transitions';
import type { EffectObserver } from '../ports/effect-observer';
import type { UnitOfWork } from '../ports/unit-of-work';

const PAGE = 200;

/**
 * Revalidates every migration that is not at rest for a new incarnation of the databases (see `revalidateMigration`). Each one is a
 * transaction of its own; any replica may do it, and do it again after a crash: a migration is revalidated once for each incarnation.
 * Resolves with how many were.
 */
export async function revalidateAll(
  options: {
    unitOfWork: UnitOfWork;
    observer: Pick<EffectObserver, 'changed'>;
    nowMs: () => number;
    /** The incarnation began with a restore from a backup: see `revalidateRestored`. */
    isRestored: boolean;
  },
  incarnation: string,
): Promise<number> {
  let revalidated = 0;
  let afterId: string | null = null;
  for (;;) {
    const page: { id: string; workspaceId: string }[] = await options.unitOfWork.direct.migrations.unfinishedPage(afterId, PAGE);
    for (const { id, workspaceId } of page) if (await revalidateOne(options, workspaceId, id, incarnation)) revalidated += 1;
    const last = page.at(-1);
    if (page.length < PAGE || !last) return revalidated;
    afterId = last.id;
  }
}

async function revalidateOne(
  { unitOfWork, observer, nowMs, isRestored }: Parameters<typeof revalidateAll>[0],
  workspaceId: string,
  id: string,
  incarnation: string,
): Promise<boolean> {
  const done = await unitOfWork.transaction(async ({ migrations, events }) => {
    const before = await migrations.lock(workspaceId, id);
    if (!before) return null;
    const revalidate = isRestored ? revalidateRestored : revalidateMigration;
    const { migration, changes } = revalidate(before, incarnation, { nowMs: nowMs(), newRunId: () => newId('run') });
    if (migration === before) return null;
    await migrations.update(migration);
    await events.append(migration, changes);
    return { before, migration, changes };
  });
  if (done) observer.changed(done.before, done.migration, done.changes);
  return done !== null;
}

import type { StageResult } from '../../../application/ports/database-engine';
import { readCatalog } from '../catalog/read-catalog';
import { nameOf } from '../catalog/target-name';
import { freezeWrites } from '../cutover/freeze-writes';
import { moveSequences } from '../cutover/move-sequences';
import { thaw } from './cut-over';
import { applicationName, readScope, scopedSequences, withSession, type OpenJob } from './open-job';
import { streamBackwards } from './stream-stages';

/**
 * Back to the source: freezes the target, drains the stream back, sets the source's sequences and lets the source take writes again. Without a
 * stream back, what was written at the target since stays there alone. Where an earlier holder may have come as far as letting the source take
 * writes, sequences are never set back: applications may have taken numbers since.
 */
export async function rollBack(open: OpenJob, signal: AbortSignal): Promise<StageResult> {
  const { job, source, target, targetName, state } = open;
  const { streamBack, givenBack } = await state.load();
  if (!streamBack) {
    await thaw(open);
    return {};
  }
  const scope = await readScope(open, signal);
  const wanted = new Set(scope.tables.map((table) => nameOf(targetName(table))));
  const catalog = await withSession(target, applicationName(job, 'catalogue'), signal, (session) => readCatalog(session, signal));
  const tables = catalog.tables.filter((table) => wanted.has(nameOf(table)));
  const freeze = await freezeWrites({ endpoint: target, side: 'target', state: job.state, migrationId: job.migrationId, tables, signal });
  try {
    await streamBackwards(open, { untilLsn: freeze.frozenLsn, signal });
    const names = new Map(
      scopedSequences(scope).map(({ schema, name }) => [nameOf(targetName({ schema, table: name })), { schema, table: name }]),
    );
    const moved = catalog.sequences.filter(({ schema, name }) => names.has(nameOf({ schema, table: name })));
    const count = await withSession(target, applicationName(job, 'sequences'), signal, (from) =>
      withSession(source, applicationName(job, 'sequences'), signal, (to) =>
        moveSequences({
          source: from,
          target: to,
          sequences: moved,
          targetName: (name) => names.get(nameOf(name)) ?? name,
          keepFurther: givenBack ?? false,
          signal,
        }),
      ),
    );
    job.count({ movedSequences: count });
    await freeze.barrier.assertHeld(signal);
    await state.save({ givenBack: true });
    await thaw(open);
    return { findings: freeze.findings };
  } finally {
    await freeze.barrier.release().catch((error: unknown) => job.warn('the write barrier was not released in order', {}, error));
  }
}

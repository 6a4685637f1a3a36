import { SmartantError, toSmartantError } from '@smartant/kernel';
import type { DatabaseVerification, Finding, StageResult } from '../../../application/ports/database-engine';
import { readCatalog } from '../catalog/read-catalog';
import type { Table } from '../catalog/catalog';
import { nameOf } from '../catalog/target-name';
import { freezeWrites, type Freeze } from '../cutover/freeze-writes';
import { moveSequences } from '../cutover/move-sequences';
import { thawWrites } from '../cutover/thaw-writes';
import { compareRowsBeside, type RowsBeside } from '../verify/rows-beside';
import { conditionsAtTarget } from './conditions-at-target';
import { thaw } from './cut-over';
import { applicationName, readScope, scopedSequences, sourceOf, withSession, type OpenJob } from './open-job';
import { streamBackwards } from './stream-stages';
import { letGo, verifyAhead, type VerifiedAhead } from './verify-ahead';
import { levelOf, verifyBack } from './verify-all';

/** How long both sides may stand still for a rollback that does not come to its end; then the target takes writes again. */
const FREEZE_LIMIT_MS = 600_000;

/**
 * Back to the source: freezes the target, drains the stream back, sets the source's sequences and lets the source take writes again. Without a
 * stream back, what was written at the target since stays there alone. Begun anew after the source was given back, it changes no row and no
 * sequence there any more: applications use them.
 */
export async function rollBack(open: OpenJob, signal: AbortSignal): Promise<StageResult> {
  const { streamBack, givenBack } = await open.state.load();
  if (!streamBack || givenBack) {
    await thaw(open);
    return { findings: streamBack ? await leftAtTarget(open) : [withoutStreamBack()] };
  }
  const { ahead, findings } = await compareAhead(open, signal);
  return freezeAndGiveBack(open, ahead, findings, signal).finally(() => letGo(open, ahead));
}

/** Rows are compared while the target goes on, as before a cutover; one that stands still already is not kept waiting. */
async function compareAhead(open: OpenJob, signal: AbortSignal): Promise<{ ahead: VerifiedAhead | null; findings: Finding[] }> {
  const { targetFrozenAt } = await open.state.load();
  const { targetPolicy, verify } = open.job.scope;
  if (targetFrozenAt || targetPolicy === 'append' || verify === 'frozen') return { ahead: null, findings: [] };
  return verifyAhead(open, await readScope(open, signal), signal, 'back');
}

async function freezeAndGiveBack(open: OpenJob, ahead: VerifiedAhead | null, told: Finding[], signal: AbortSignal): Promise<StageResult> {
  const freeze = await freezeTarget(open, signal);
  try {
    await streamBackwards(open, { untilLsn: freeze.frozenLsn, signal });
    await sequencesBack(open, signal);
    const scope = await readScope(open, signal);
    const sequences = scopedSequences(scope, open.job.scope);
    const rowsAtTarget = await conditionsAtTarget(open, scope.tables, signal);
    const compared = { tables: scope.tables, sequences, frozenPosition: freeze.frozenLsn, rowsAtTarget };
    const verification = await verifyBack(open, compared, ahead, signal);
    const beside = await rowsBeside(open, scope.tables, rowsAtTarget, signal);
    await assertCameBack(open, verification, beside);
    await freeze.barrier.assertHeld(signal);
    await open.state.save({ givenBack: true });
    await thaw(open);
    return { verification, findings: [...told, ...freeze.findings, ...beside.map(toldBeside), ...(await leftAtTarget(open))] };
  } catch (error) {
    await giveTargetBack(open, error, signal);
    throw error;
  } finally {
    await freeze.barrier.release().catch((error: unknown) => open.job.warn('the write barrier was not released in order', {}, error));
  }
}

/**
 * Rows that differ stop a rollback before the source is opened: the target is the better one. Their tables are put aside, so that somebody can look,
 * and roll back without them on the record.
 */
async function assertCameBack(
  { job }: OpenJob,
  { digests, differences, differenceCount }: DatabaseVerification,
  beside: readonly RowsBeside[],
): Promise<void> {
  const unequal = digests.filter((table) => table.sourceRows !== table.targetRows || table.sourceSum !== table.targetSum);
  const sequences = differences.filter(({ kind }) => kind === 'sequence');
  const unlike = beside.flatMap(({ table, differing }) => (differing && differing.count > 0 ? [{ table, ...differing }] : []));
  if (unequal.length === 0 && sequences.length === 0 && unlike.length === 0) return;
  const first = differences[0] ?? unlike.map((one) => ({ kind: 'content', key: `${one.table} ${one.first}` }))[0];
  for (const { name, sourceRows, targetRows } of unequal) {
    const message = `After the drain the source has ${sourceRows} rows and the target ${targetRows}, or they differ in content.`;
    await job.quarantine({ unit: name, code: 'DATABASE_ROLLBACK_DIFFERENT', message });
  }
  for (const { table, count, first: key } of unlike) {
    if (unequal.some(({ name }) => name === table)) continue;
    const message = `After the drain the source lacks ${count} rows that were written at the target beside the condition, or has others (first: ${key}).`;
    await job.quarantine({ unit: table, code: 'DATABASE_ROLLBACK_DIFFERENT', message });
  }
  throw new SmartantError(
    'DATABASE_ROLLBACK_DIFFERENT',
    `After the last changes came back, the source differs from the target in ${differenceCount + unlike.reduce((sum, { count }) => sum + count, 0)} places${first ? ` (first: ${first.kind} ${first.key})` : ''}.`,
    {
      kind: 'precondition',
      actor: 'user',
      hint: 'The target takes writes again. Look at the tables that were put aside; waive them on the record to roll back without them, then retry.',
      details: {
        tables: [...unequal.map(({ name }) => name), ...unlike.map(({ table }) => table)].slice(0, 5).join(', '),
      },
    },
  );
}

/** What applications wrote at the target beside the scope's conditions came back as well, and is no part of what is verified. */
async function rowsBeside(
  { job, source, target, targetName }: OpenJob,
  tables: readonly Table[],
  conditions: { table: string; where: string }[],
  signal: AbortSignal,
): Promise<RowsBeside[]> {
  // Rows that such a target had before the migration are nobody's.
  if (job.scope.targetPolicy === 'append') return [];
  const byContent = levelOf(job.scope) === 'content';
  return compareRowsBeside({
    source,
    target,
    migrationId: job.migrationId,
    tables,
    targetName,
    conditions,
    byContent,
    signal,
  });
}

function toldBeside({ table, rows, differing }: RowsBeside): Finding {
  const came = `${rows} rows of ${table} were written at the target for which the condition does not hold. They came back as well`;
  return differing
    ? { severity: 'note', code: 'DATABASE_ROWS_BESIDE', message: `${came}, and are the same at the source.`, hint: '', subject: 'source' }
    : {
        severity: 'warning',
        code: 'DATABASE_ROWS_BESIDE',
        message: `${came}, and were not compared.`,
        hint: 'Rows without a primary key cannot be looked up, and with --verify counts none are. Compare them by hand where that matters.',
        subject: 'source',
      };
}

async function freezeTarget(open: OpenJob, signal: AbortSignal): Promise<Freeze> {
  const { job, target, targetName, state } = open;
  const { tables } = await readScope(open, signal);
  const wanted = new Set(tables.map((table) => nameOf(targetName(table))));
  const catalog = await withSession(target, applicationName(job, 'catalogue'), signal, (session) =>
    readCatalog(session, signal, sourceOf(target, signal)),
  );
  const freeze = await freezeWrites({
    endpoint: target,
    side: 'target',
    state: job.state,
    migrationId: job.migrationId,
    tables: catalog.tables.filter((table) => wanted.has(nameOf(table))),
    signal,
  });
  const { targetFrozenAt } = await state.load();
  if (!targetFrozenAt) await state.save({ targetFrozenAt: freeze.frozenAt });
  return freeze;
}

async function sequencesBack(open: OpenJob, signal: AbortSignal): Promise<void> {
  const { job, source, target, targetName } = open;
  const scope = await readScope(open, signal);
  const names = new Map(
    scopedSequences(scope, job.scope).map(({ schema, name }) => [nameOf(targetName({ schema, table: name })), { schema, table: name }]),
  );
  const moved = await withSession(target, applicationName(job, 'sequences'), signal, async (from) => {
    const { sequences } = await readCatalog(from, signal, sourceOf(target, signal));
    const known = sequences.filter(({ schema, name }) => names.has(nameOf({ schema, table: name })));
    return withSession(source, applicationName(job, 'sequences'), signal, (to) =>
      moveSequences({ source: from, target: to, sequences: known, targetName: (name) => names.get(nameOf(name)) ?? name, signal }),
    );
  });
  job.count({ movedSequences: moved });
}

/** A rollback that cannot come to its end would leave both sides frozen: the target is the one in use until the source is given back. */
async function giveTargetBack({ job, target, state }: OpenJob, thrown: unknown, signal: AbortSignal): Promise<void> {
  const { givenBack, targetFrozenAt } = await state.load();
  const isPatient = toSmartantError(thrown).retryable && Date.now() - Date.parse(targetFrozenAt ?? '') < FREEZE_LIMIT_MS;
  if (signal.aborted || givenBack || isPatient) return;
  try {
    await thawTarget({ job, target, state }, AbortSignal.timeout(30_000));
  } catch (error) {
    job.warn('the target could not be opened for writing again', {}, error);
  }
}

/** Also for a rollback that was cancelled. */
export async function thawTarget({ job, target, state }: Pick<OpenJob, 'job' | 'target' | 'state'>, signal: AbortSignal): Promise<void> {
  await withSession(target, applicationName(job, 'thaw'), signal, (session) =>
    thawWrites(session, { state: job.state, side: 'target', migrationId: job.migrationId }),
  );
  await state.save({ targetFrozenAt: null });
}

/** Tables whose changes were not all brought back. */
async function leftAtTarget({ job }: OpenJob): Promise<Finding[]> {
  const left = [...(await job.excludedTables())];
  if (left.length === 0) return [];
  return [
    {
      severity: 'warning',
      code: 'DATABASE_ROLLBACK_INCOMPLETE',
      message: `What was written at the target to ${left.length} tables that were put aside did not come back (first: ${left[0]}).`,
      hint: 'The target keeps its rows, frozen: compare these tables and carry over what is missing.',
      subject: 'source',
    },
  ];
}

function withoutStreamBack(): Finding {
  return {
    severity: 'warning',
    code: 'DATABASE_ROLLBACK_INCOMPLETE',
    message: 'There was no stream back: what was written at the target since the cutover is there alone, and it still takes writes.',
    hint: 'Stop its writers, and carry over what they wrote.',
    subject: 'source',
  };
}

import { setTimeout as delay } from 'node:timers/promises';
import { SmartantError, toSmartantError } from '@smartant/kernel';
import type { AskedCheck, CheckResult, StageResult } from '../../../application/ports/database-engine';
import { emptyResult, KEPT_DIFFERENCES } from '../../../domain/check';
import type { Table } from '../catalog/catalog';
import { nameOf } from '../catalog/target-name';
import { rowFilterOf } from '../copy/row-filter';
import { repairWhileFlowing } from '../verify/repair-while-flowing';
import { verifyWhileFlowing, type FlowingVerification } from '../verify/verify-while-flowing';
import { thaw } from './cut-over';
import { applicationName, readScope, withSession, type OpenJob } from './open-job';
import { claimClosedTarget } from './opened-target';
import { previewCutover } from './preview-cutover';
import { whileStreaming, type BesideStream } from './verify-ahead';
import { compareDefinitions } from './verify-all';
import { DefinitionWatch } from './watch-definitions';

const SESSIONS = 2;
const LOOK_EVERY_MS = 1_000;

/** Source to target, until the signal ends it; what users ask meanwhile is done beside it, one after another. */
export async function stream(open: OpenJob, signal: AbortSignal): Promise<StageResult> {
  await claimClosedTarget(open, signal);
  // Of a cutover that failed and could not give the source back.
  if ((await open.state.load()).frozenAt) await thaw(open);
  const definitions = new DefinitionWatch();
  return whileStreaming(definitions.watching(open), signal, 'forth', async (within, beside) => {
    while (!within.aborted) {
      const asked = await open.job.nextCheck();
      if (asked) await performCheck(open, asked, beside, within);
      await definitions.look(open, within);
      if (!asked) await delay(LOOK_EVERY_MS, undefined, { signal: within }).catch(() => undefined);
    }
    within.throwIfAborted();
    return {};
  });
}

/** What goes wrong is the check's outcome, but for the end of the stream: whoever goes on with that begins the check anew. */
async function performCheck(open: OpenJob, asked: AskedCheck, beside: BesideStream, signal: AbortSignal): Promise<void> {
  const { job } = open;
  try {
    const result = await CHECKS[asked.kind](open, asked, beside, signal);
    await job.endCheck(asked.id, { result, error: null });
  } catch (thrown) {
    signal.throwIfAborted();
    const error = toSmartantError(thrown);
    job.warn('a check failed', { check: asked.id, kind: asked.kind }, error);
    await job.endCheck(asked.id, { result: null, error });
  }
}

const CHECKS: Record<
  AskedCheck['kind'],
  (open: OpenJob, asked: AskedCheck, beside: BesideStream, signal: AbortSignal) => Promise<CheckResult>
> = {
  verify,
  repair,
  preview: (open, _asked, _beside, signal) => previewCutover(open, signal),
};

/** Of the migration as a whole also the definitions around the rows. */
async function verify(open: OpenJob, asked: AskedCheck, beside: BesideStream, signal: AbortSignal): Promise<CheckResult> {
  const tables = await tablesOf(open, asked, signal);
  const found = await compare(open, tables, beside, signal);
  if (asked.tables.length > 0) return resultOf(found);
  const definitions = await compareDefinitions(open, tables, signal);
  return resultOf({
    ...found,
    differences: [...found.differences, ...definitions.differences],
    differenceCount: found.differenceCount + definitions.differenceCount,
  });
}

async function repair(open: OpenJob, asked: AskedCheck, beside: BesideStream, signal: AbortSignal): Promise<CheckResult> {
  const { job, source, target, targetName } = open;
  const found = await compare(open, await tablesOf(open, asked, signal), beside, signal);
  if (found.differing.length === 0) return resultOf(found);
  let repairedRows = 0;
  for (const { table, keys } of found.differing) {
    const where = rowFilterOf(table, job.scope.rows) ?? undefined;
    const name = applicationName(job, 'repair');
    const { written, removed } = await withSession(source, name, signal, (from) =>
      withSession(target, name, signal, (to) =>
        repairWhileFlowing({ source: from, target: to, table, targetName, keys, where, waitApplied: beside.waitApplied, signal }),
      ),
    );
    job.count({ repairedRows: written + removed });
    job.info('rows were repaired', { table: nameOf(table), written, removed });
    repairedRows += written + removed;
  }
  const after = await compare(
    open,
    found.differing.map(({ table }) => table),
    beside,
    signal,
  );
  // Of tables in which nothing could be repaired, it stands as it was found.
  const repaired = new Set(found.differing.map(({ table }) => nameOf(table)));
  const others = found.differences.filter(({ key }) => ![...repaired].some((name) => key === name || key.startsWith(`${name} `)));
  const differences = [...after.differences, ...others];
  return {
    ...resultOf({ ...found, differences, differenceCount: after.differenceCount + others.length }),
    undecided: [...new Set([...found.undecided, ...after.undecided])],
    repairedRows,
  };
}

async function tablesOf(open: OpenJob, { tables: wanted }: AskedCheck, signal: AbortSignal): Promise<Table[]> {
  const { tables } = await readScope(open, signal);
  const unknown = wanted.filter((name) => !tables.some((table) => nameOf(table) === name));
  if (unknown.length > 0) {
    throw new SmartantError('DATABASE_TABLE_UNKNOWN', `The migration has no table ${unknown.join(', ')}, or it was put aside.`, {
      kind: 'not-found',
      actor: 'user',
      hint: 'Name tables as "schema.table" at the source.',
    });
  }
  return wanted.length === 0 ? tables : tables.filter((table) => wanted.includes(nameOf(table)));
}

function compare(open: OpenJob, tables: Table[], beside: BesideStream, signal: AbortSignal): Promise<FlowingVerification> {
  const { job, source, target, targetName } = open;
  return verifyWhileFlowing({
    source,
    target,
    migrationId: job.migrationId,
    tables,
    targetName,
    rows: job.scope.rows,
    jobs: job.scope.tableJobs || SESSIONS,
    appended: job.scope.targetPolicy === 'append',
    admit: job.admit,
    ...beside,
    signal,
  });
}

function resultOf({ tables, sourceRows, differences, differenceCount, undecided }: FlowingVerification): CheckResult {
  return { ...emptyResult(), tables, sourceRows, differences: differences.slice(0, KEPT_DIFFERENCES), differenceCount, undecided };
}

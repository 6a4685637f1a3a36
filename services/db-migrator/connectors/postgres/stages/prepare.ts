import { SmartantError } from '@smartant/kernel';
import type { AppliedFix, Estimate, Finding, StageResult } from '../../../application/ports/database-engine';
import type { DatabaseScope } from '../../../domain/database-scope';
import { withColumnChoices } from '../catalog/column-choices';
import { readServer } from '../catalog/read-server';
import { selectTables } from '../catalog/select-tables';
import { targetNameOf } from '../catalog/target-name';
import { applyFixes } from '../precheck/apply-fixes';
import { precheckPair } from '../precheck/precheck-pair';
import { findPostgresTools } from '../schema/find-postgres-tools';
import type { PgEndpoint } from '../session/pg-session';
import { applicationName, scopedSequences, sourceOf, withSession, type OpenJob } from './open-job';

/** Before the first change at either side: both are who they were, and everything that will be needed is there. */
export async function prepare({ job, source, target, state }: OpenJob, signal: AbortSignal): Promise<StageResult> {
  const [from, to] = await Promise.all(
    [source, target].map((endpoint) =>
      withSession(endpoint, applicationName(job, 'prepare'), signal, (session) =>
        readServer(session, { signal, ...sourceOf(endpoint, signal) }),
      ),
    ),
  );
  await state.identify(from!, to!);
  const { findings, estimate } = await precheckEnds({ source, target, scope: job.scope }, signal);
  const blocker = findings.find(({ severity }) => severity === 'blocker');
  if (blocker) throw new SmartantError(blocker.code, blocker.message, { kind: 'precondition', actor: 'operator', hint: remedyOf(blocker) });
  return { findings, estimate };
}

/** What both sides, and this machine, lack for a migration. */
export async function precheckEnds(
  { source, target, scope }: { source: PgEndpoint; target: PgEndpoint; scope: DatabaseScope },
  signal: AbortSignal,
): Promise<{ findings: Finding[]; estimate: Estimate }> {
  let sourceVersion = 0;
  const { findings, estimate } = await precheckPair({
    source,
    target,
    scope,
    select: (catalog) => {
      sourceVersion = catalog.serverVersion;
      const tables = withColumnChoices(selectTables(catalog, scope), scope.columns);
      return { tables, sequences: scopedSequences({ catalog, tables }, scope) };
    },
    targetName: targetNameOf(scope),
    signal,
  });
  return { findings: [...findings, ...(sourceVersion > 0 ? await toolFindings(sourceVersion) : [])], estimate };
}

/** As the hint of an error, which has no place for statements. */
export function remedyOf({ hint, fix }: Finding): string {
  return fix ? `${hint} ${fix.statements.join('; ')};` : hint;
}

/** What a precheck says can be set right, as it says it. */
export async function fixEnds(
  ends: { source: PgEndpoint; target: PgEndpoint; scope: DatabaseScope },
  { codes, includeUnsafe }: { codes: string[]; includeUnsafe: boolean },
  signal: AbortSignal,
): Promise<{ applied: AppliedFix[]; findings: Finding[] }> {
  const { findings } = await precheckEnds(ends, signal);
  const wanted = findings.filter(({ code, fix }) => fix && (fix.isSafe || includeUnsafe) && (codes.length === 0 || codes.includes(code)));
  const applied = await applyFixes(ends, wanted, signal);
  return { applied, findings: applied.length > 0 ? (await precheckEnds(ends, signal)).findings : findings };
}

async function toolFindings(sourceVersion: number): Promise<Finding[]> {
  try {
    await findPostgresTools(Math.floor(sourceVersion / 10_000));
    return [];
  } catch (error) {
    if (!(error instanceof SmartantError) || error.code !== 'POSTGRES_TOOLS_MISSING') throw error;
    return [{ severity: 'blocker', code: error.code, message: error.message, hint: error.hint ?? '', subject: 'both' }];
  }
}

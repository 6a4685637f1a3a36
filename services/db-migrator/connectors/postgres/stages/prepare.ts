import { SmartantError } from '@smartant/kernel';
import type { Estimate, Finding, StageResult } from '../../../application/ports/database-engine';
import type { DatabaseScope } from '../../../domain/database-scope';
import { readServer } from '../catalog/read-server';
import { selectTables } from '../catalog/select-tables';
import { targetNameOf } from '../catalog/target-name';
import type { PairFinding } from '../precheck/pair-finding';
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
  if (blocker) throw new SmartantError(blocker.code, blocker.message, { kind: 'precondition', actor: 'operator', hint: blocker.hint });
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
      const tables = selectTables(catalog, scope);
      return { tables, sequences: scopedSequences({ catalog, tables }, scope) };
    },
    targetName: targetNameOf(scope),
    signal,
  });
  return { findings: [...findings.map(toldFinding), ...(sourceVersion > 0 ? await toolFindings(sourceVersion) : [])], estimate };
}

/** The statements are what helps most. */
export function toldFinding({ severity, code, message, hint, subject, fix }: PairFinding): Finding {
  return { severity, code, message, hint: fix ? `${hint} ${fix.statements.join('; ')};` : hint, subject };
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

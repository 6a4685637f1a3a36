import type { StorageConnector } from '@smartant/connectors';
import { toSmartantError } from '@smartant/kernel';
import { failureOf, type AppliedFix, type Finding } from '@smartant/runs';
import type { StorageScope } from '../../domain/run';
import { precheck } from './precheck';

/** What of a new precheck's findings is set right, and what it finds afterwards. Only buckets at the target can be made. */
export async function applyFixes(
  source: StorageConnector,
  target: StorageConnector,
  scope: StorageScope,
  codes: readonly string[],
  signal: AbortSignal,
): Promise<{ applied: AppliedFix[]; findings: Finding[] }> {
  const { findings } = await precheck(source, target, scope, signal);
  const { place } = target;
  const wanted = findings.filter(({ code, fix }) => fix && (codes.length === 0 || codes.includes(code)));
  if (!place || wanted.length === 0) return { applied: [], findings };
  const applied: AppliedFix[] = [];
  for (const { code, fix } of wanted) {
    const told = { code, subject: 'target' as const, statements: fix!.statements, needsRestart: false };
    applied.push({ ...told, error: await errorOf(() => place.make(signal), signal) });
  }
  return { applied, findings: (await precheck(source, target, scope, signal)).findings };
}

async function errorOf(work: () => Promise<void>, signal: AbortSignal): Promise<AppliedFix['error']> {
  try {
    await work();
    return null;
  } catch (error) {
    signal.throwIfAborted();
    return failureOf(toSmartantError(error));
  }
}

import { Violation } from '../engine/world';
import type { VerificationSummary } from '../scheduler/domain';
import type { MigratorParts } from './held-shard';
import type { RunRow } from './run-table';

/** What a cutover run has seen of both sides, added up from its ledger. */
export function verificationOf(parts: MigratorParts, run: RunRow): VerificationSummary {
  const ledger = parts.model.runs.get(run.runId)?.ledger ?? {};
  const [source, target, different] = [ledger.sourceDigest ?? 0, ledger.targetDigest ?? 0, ledger.different ?? 0];
  const believed = parts.mutations.has('verification-believed');
  const inventory = String(ledger.inventory ?? 0);
  return {
    level: 'content',
    equal: believed || (source === target && different === 0),
    sourceFrozen: run.sourceFrozen && (ledger.inventory ?? 0) === source,
    sourceObjects: 0,
    sourceBytes: 0,
    targetObjects: 0,
    targetBytes: 0,
    sourceRoot: String(source),
    targetRoot: String(believed ? source : target),
    bucketCount: 1,
    firstInventory: inventory,
    secondInventory: String(source),
    differenceCount: believed ? 0 : different,
    waivedCount: 0,
    differences: [],
    asOf: '',
  };
}

/** A run that succeeded has taken each key exactly once in each of its stages. Raises a violation. */
export function checkLedger(parts: Pick<MigratorParts, 'model' | 'objects'>, run: RunRow): void {
  const keys = parts.objects.get(run.migrationId)?.source.length ?? 0;
  const ledger = parts.model.runs.get(run.runId)?.ledger ?? {};
  const stages = run.phase === 'prepare' ? [] : run.phase === 'cutover' ? ['sync', 'verify'] : ['sync'];
  for (const stage of stages) {
    const [units, sum] = [ledger[`${stage}Units`] ?? 0, ledger[`${stage}Keys`] ?? 0];
    if (units === keys && sum === 2 ** keys - 1) continue;
    const rule = units < keys ? 'unit-lost' : 'unit-doubled';
    throw new Violation(rule, `${run.runId} (${run.phase}) succeeded with ${units} of ${keys} keys in stage ${stage}, key sum ${sum}`);
  }
}

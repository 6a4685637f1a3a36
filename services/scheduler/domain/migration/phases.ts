import type { DrivenMigration } from './driven-migration';
import type { Phase } from './phase';

/** A round that finds something new is followed by at most this many more before an automatic cutover. */
export const AUTOMATIC_CUTOVER_ROUNDS = 3;

/**
 * One phase of a kind of migration, as data.
 *
 * - `run: 'precheck'`: one Precheck call. `run: 'phase'`: a run at the migrator. `run: 'report'`: the scheduler's own
 *   work, building the signed report.
 * - `then`: where a finished run leads: the first entry whose guard holds.
 */
export interface PhaseDefinition {
  phase: Phase;
  run: 'precheck' | 'phase' | 'report';
  /** What this phase does, for the generated documentation. */
  summary: string;
  then: PhaseExit[];
}

export interface PhaseExit {
  /** When this exit is taken, in words. */
  when: string;
  guard: (migration: DrivenMigration) => boolean;
  /** Enter a phase (or the same one again for its next round), wait in this one, fail, or end. */
  to: { enter: Phase } | { wait: 'interval' | 'request' } | { fail: ExitFailure } | 'end';
}

export interface ExitFailure {
  code: string;
  message: (migration: DrivenMigration) => string;
  hint: string;
}

const always = () => true;

const PRECHECK_BLOCKED: ExitFailure = {
  code: 'PRECHECK_BLOCKED',
  message: (m) => {
    const blockers = m.findings.filter((finding) => finding.severity === 'blocker');
    return `The precheck found ${blockers.length} blocker(s): ${blockers.map((finding) => finding.message).join(' ')}`;
  },
  hint: 'Remove what blocks (see the findings), then retry.',
};

const VERIFY_DIFFERENT: ExitFailure = {
  code: 'VERIFY_DIFFERENT',
  message: (m) => `The target differs from the source in ${unexplained(m)} object(s) that no waiver explains.`,
  hint: 'Look at the differences and failures. Retry reruns the cutover; waive what may differ on the record first.',
};

const VERIFY_MISSING: ExitFailure = {
  code: 'VERIFY_MISSING',
  message: () => 'The cutover run ended without a verification.',
  hint: 'Retry the cutover. If it happens again, report it with the trace id.',
};

/** The life of a storage migration. Transitions and documentation are made from this list. */
export const STORAGE_PHASES: readonly PhaseDefinition[] = [
  {
    phase: 'precheck',
    run: 'precheck',
    summary: 'Every permission and ability is really tried at both sides; the scope is estimated.',
    then: [
      {
        when: 'a finding is a blocker',
        guard: (m) => m.findings.some((finding) => finding.severity === 'blocker'),
        to: { fail: PRECHECK_BLOCKED },
      },
      { when: 'otherwise', guard: always, to: { enter: 'prepare' } },
    ],
  },
  {
    phase: 'prepare',
    run: 'phase',
    summary: 'The key space is cut into shards.',
    then: [{ when: 'always', guard: always, to: { enter: 'full' } }],
  },
  {
    phase: 'full',
    run: 'phase',
    summary: 'Everything in scope is copied. Nothing is deleted.',
    then: [{ when: 'always', guard: always, to: { enter: 'incremental' } }],
  },
  {
    phase: 'incremental',
    run: 'phase',
    summary: 'Rounds that carry over what changed, until the cutover.',
    then: [
      { when: 'the cutover was requested', guard: (m) => m.cutoverRequested, to: { enter: 'cutover' } },
      { when: 'cutover is automatic and the round found nothing, or was the third', guard: automaticCutoverDue, to: { enter: 'cutover' } },
      { when: 'cutover is automatic', guard: (m) => m.spec.cutover.mode === 'automatic', to: { enter: 'incremental' } },
      { when: 'otherwise', guard: always, to: { wait: 'interval' } },
    ],
  },
  {
    phase: 'cutover',
    run: 'phase',
    summary: 'The final delta, then verification of the target against a fresh inventory of the source.',
    then: [
      { when: 'the run brought no verification', guard: (m) => m.verification === null, to: { fail: VERIFY_MISSING } },
      { when: 'the target is equal, or waivers explain every difference', guard: isProved, to: { enter: 'reversible' } },
      { when: 'otherwise', guard: always, to: { fail: VERIFY_DIFFERENT } },
    ],
  },
  {
    phase: 'reversible',
    run: 'report',
    summary: 'Verified. The source is kept as it is until the migration is finalized or rolled back.',
    then: [
      { when: 'finalizing is automatic', guard: (m) => m.spec.cutover.finalize === 'automatic', to: { enter: 'done' } },
      { when: 'otherwise', guard: always, to: { wait: 'request' } },
    ],
  },
  {
    phase: 'done',
    run: 'report',
    summary: 'Finalized or rolled back; the report is final.',
    then: [{ when: 'always', guard: always, to: 'end' }],
  },
];

export function phaseDefinition(phase: Phase): PhaseDefinition {
  const found = STORAGE_PHASES.find((definition) => definition.phase === phase);
  if (!found) throw new Error(`no definition of phase ${phase}`);
  return found;
}

/**
 * Equal, or different only in what waivers on the record explain: that is left out of both roots, so they are equal all the
 * same. Unequal roots prove nothing, whatever the counts say.
 */
export function isProved(migration: DrivenMigration): boolean {
  const verification = migration.verification;
  if (verification === null) return false;
  return verification.equal && verification.sourceRoot === verification.targetRoot && unexplained(migration) === 0;
}

function unexplained(migration: DrivenMigration): number {
  const verification = migration.verification;
  return verification === null ? 0 : Math.max(0, verification.differenceCount - verification.waivedCount);
}

function automaticCutoverDue(migration: DrivenMigration): boolean {
  if (migration.spec.cutover.mode !== 'automatic') return false;
  const round = migration.timings.at(-1)?.ledger;
  const idle = round !== undefined && round.copiedObjects + round.deletedObjects + round.quarantinedObjects === 0;
  return idle || migration.round >= AUTOMATIC_CUTOVER_ROUNDS;
}

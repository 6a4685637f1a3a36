import type { DrivenMigration } from './driven-migration';
import type { Ledger } from './ledger';
import type { MigrationKind } from './migration-spec';
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
  /**
   * Enter a phase (or the same one again for its next round), start a run in this one, wait in it (for the next round, for the cutover, or
   * for what the user decides), fail, or end: as done, or as rolled back.
   */
  to: { enter: Phase } | 'run' | { wait: 'interval' | 'cutover' | 'request' } | { fail: ExitFailure } | 'end' | 'rolled-back';
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

const PRECHECK: PhaseDefinition = {
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
};

const DONE: PhaseDefinition = {
  phase: 'done',
  run: 'report',
  summary: 'Finalized or rolled back; the report is final.',
  then: [{ when: 'always', guard: always, to: 'end' }],
};

/** The life of a storage migration. Transitions and documentation are made from this list. */
export const STORAGE_PHASES: readonly PhaseDefinition[] = [
  PRECHECK,
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
  DONE,
];

const STREAM_ENDED: ExitFailure = {
  code: 'STREAM_ENDED',
  message: () => 'The change stream ended by itself, before the cutover was asked for.',
  hint: 'Retry: it goes on where the target stands. If it happens again, report it with the trace id.',
};

/** What a failing cutover of a database leaves. */
const GIVEN_BACK =
  'The target was not opened. The source takes writes again, unless a finding says that it could not be given back: then cancelling opens it.';

const ROWS_DIFFERENT: ExitFailure = {
  code: 'VERIFY_DIFFERENT',
  message: (m) => `The target differs from the source in ${unexplained(m)} row(s) or definition(s) that no waiver explains.`,
  hint: `Look at the differences. Rows are put right with "migration repair", definitions and sequences at the target; a table that was put aside is retried or waived. Then retry cuts over again. ${GIVEN_BACK}`,
};

const ROWS_UNVERIFIED: ExitFailure = { ...VERIFY_MISSING, hint: `${VERIFY_MISSING.hint} ${GIVEN_BACK}` };

const FILES_DIFFERENT: ExitFailure = {
  code: 'VERIFY_DIFFERENT',
  message: (m) => `The target differs from the source in ${unexplained(m)} file(s) that no waiver explains.`,
  hint: 'Look at the differences and failures. Retry reruns the cutover; waive what may differ on the record first. Services of the source run again, unless a finding says that they could not be started.',
};

const FILES_UNVERIFIED: ExitFailure = { ...VERIFY_MISSING, hint: FILES_DIFFERENT.hint };

/** The life of a host migration (docs/adr/0015-host-migrations.md). */
export const HOST_PHASES: readonly PhaseDefinition[] = [
  PRECHECK,
  {
    phase: 'prepare',
    run: 'phase',
    summary: 'Both sides are reached; the target is taken over, where that was asked for.',
    then: [{ when: 'always', guard: always, to: { enter: 'full' } }],
  },
  {
    phase: 'full',
    run: 'phase',
    summary: "The target's disks are laid out, and all files of the source are copied while it goes on.",
    then: [{ when: 'always', guard: always, to: { enter: 'incremental' } }],
  },
  {
    phase: 'incremental',
    run: 'phase',
    summary: 'Rounds that carry over what changed, until the cutover. Each predicts the final delta.',
    then: [
      { when: 'the cutover was requested', guard: (m) => m.cutoverRequested, to: { enter: 'cutover' } },
      { when: 'a rehearsal was requested', guard: (m) => m.rehearsalRequested, to: { enter: 'rehearsal' } },
      { when: 'cutover is automatic and the round found nothing, or was the third', guard: automaticCutoverDue, to: { enter: 'cutover' } },
      { when: 'cutover is automatic', guard: (m) => m.spec.cutover.mode === 'automatic', to: { enter: 'incremental' } },
      { when: 'otherwise', guard: always, to: { wait: 'interval' } },
    ],
  },
  {
    phase: 'rehearsal',
    run: 'phase',
    summary: 'A clone of what is copied is made bootable, started apart, probed and thrown away. The source goes on.',
    then: [
      { when: 'the cutover was requested', guard: (m) => m.cutoverRequested, to: { enter: 'cutover' } },
      { when: 'otherwise', guard: always, to: { enter: 'incremental' } },
    ],
  },
  {
    phase: 'cutover',
    run: 'phase',
    summary:
      'Services of the source are stopped, the last delta is carried over, both sides are compared, the target is started and probed.',
    then: [
      { when: 'the run brought no verification', guard: (m) => m.verification === null, to: { fail: FILES_UNVERIFIED } },
      { when: 'the target is equal, or waivers explain every difference', guard: isProved, to: { enter: 'reversible' } },
      { when: 'otherwise', guard: always, to: { fail: FILES_DIFFERENT } },
    ],
  },
  {
    phase: 'reversible',
    run: 'report',
    summary: 'The target is in use. The source is left, cut off or switched off as was chosen, until it is finalized or rolled back.',
    then: [
      { when: 'the report is built, and the source is not to be left as it is', guard: isToBeSettled, to: 'run' },
      { when: 'finalizing is automatic', guard: (m) => m.spec.cutover.finalize === 'automatic', to: { enter: 'finalize' } },
      { when: 'otherwise', guard: always, to: { wait: 'request' } },
    ],
  },
  {
    phase: 'finalize',
    run: 'phase',
    summary: 'What the migration keeps at both hosts is removed.',
    then: [{ when: 'always', guard: always, to: { enter: 'done' } }],
  },
  {
    phase: 'rollback',
    run: 'phase',
    summary:
      'The services of the source are started again, and both hosts are released. What was written at the target is not carried back.',
    then: [{ when: 'always', guard: always, to: 'rolled-back' }],
  },
  DONE,
];

/** The life of a database migration (docs/adr/0014-postgres-migrations.md). */
export const DATABASE_PHASES: readonly PhaseDefinition[] = [
  PRECHECK,
  {
    phase: 'prepare',
    run: 'phase',
    summary: 'What the migration keeps at both ends is set up.',
    then: [{ when: 'always', guard: always, to: { enter: 'full' } }],
  },
  {
    phase: 'full',
    run: 'phase',
    summary: 'The schema, the rows of one consistent snapshot, then indexes and constraints.',
    then: [
      { when: 'changes are streamed', guard: (m) => isLive(m), to: { enter: 'incremental' } },
      { when: 'cutover is automatic', guard: (m) => m.spec.cutover.mode === 'automatic', to: { enter: 'cutover' } },
      { when: 'otherwise', guard: always, to: { wait: 'cutover' } },
    ],
  },
  {
    phase: 'incremental',
    run: 'phase',
    summary: 'Changes of the source are streamed to the target, without an end, until the cutover takes over.',
    then: [{ when: 'the stream ended by itself', guard: always, to: { fail: STREAM_ENDED } }],
  },
  {
    phase: 'cutover',
    run: 'phase',
    summary: 'The source is frozen, the last changes are applied, both sides are compared, the stream back is armed, the target is opened.',
    then: [
      { when: 'the run brought no verification', guard: (m) => m.verification === null, to: { fail: ROWS_UNVERIFIED } },
      { when: 'the target is equal, or waivers explain every difference', guard: isProved, to: { enter: 'reversible' } },
      { when: 'otherwise', guard: always, to: { fail: ROWS_DIFFERENT } },
    ],
  },
  {
    phase: 'reversible',
    run: 'report',
    summary: 'The target is in use. What is written there is streamed back to the frozen source, until it is finalized or rolled back.',
    then: [
      { when: 'finalizing is automatic', guard: (m) => m.spec.cutover.finalize === 'automatic', to: { enter: 'finalize' } },
      { when: 'the report is built, and a stream back is armed', guard: (m) => m.order === 'report' && isReversed(m), to: 'run' },
      { when: 'otherwise', guard: always, to: { wait: 'request' } },
    ],
  },
  {
    phase: 'finalize',
    run: 'phase',
    summary: 'Slots, publications and bookkeeping are removed from both ends.',
    then: [{ when: 'always', guard: always, to: { enter: 'done' } }],
  },
  {
    phase: 'rollback',
    run: 'phase',
    summary: 'The target is frozen, its last changes are streamed back, the source is opened, both ends are released.',
    then: [{ when: 'always', guard: always, to: 'rolled-back' }],
  },
  DONE,
];

export const PHASES_OF: Record<MigrationKind, readonly PhaseDefinition[]> = {
  storage: STORAGE_PHASES,
  database: DATABASE_PHASES,
  host: HOST_PHASES,
};

export function isPhaseOf(kind: MigrationKind, phase: Phase): boolean {
  return PHASES_OF[kind].some((definition) => definition.phase === phase);
}

export function phaseDefinition(kind: MigrationKind, phase: Phase): PhaseDefinition {
  const found = PHASES_OF[kind].find((definition) => definition.phase === phase);
  if (!found) throw new Error(`no definition of phase ${phase} of ${kind}`);
  return found;
}

/** A database whose changes are streamed until the cutover. */
export function isLive({ spec }: DrivenMigration): boolean {
  return spec.kind === 'database' && spec.database.mode === 'live';
}

/** A database whose target's changes are streamed back to the source after the cutover. */
export function isReversed({ spec }: DrivenMigration): boolean {
  return spec.kind === 'database' && spec.database.reverse;
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

/** The report of a host's cutover is built, and something becomes of its source. */
function isToBeSettled({ spec, order }: DrivenMigration): boolean {
  return spec.kind === 'host' && order === 'report' && spec.host.sourceAfter !== 'keep';
}

/** What a round had to do, whatever the units of its kind are. */
function workOf(round: Ledger): number {
  const { copiedFiles = 0, deletedFiles = 0, quarantinedFiles = 0 } = round;
  return round.copiedObjects + round.deletedObjects + round.quarantinedObjects + copiedFiles + deletedFiles + quarantinedFiles;
}

function automaticCutoverDue(migration: DrivenMigration): boolean {
  if (migration.spec.cutover.mode !== 'automatic') return false;
  const round = migration.timings.at(-1)?.ledger;
  const idle = round !== undefined && workOf(round) === 0;
  return idle || migration.round >= AUTOMATIC_CUTOVER_ROUNDS;
}

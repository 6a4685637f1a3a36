import { markStuck, nextRound, prechecked, removed, revalidate } from './apply-other-event';
import {
  cancelled,
  cancelledTooLate,
  endRehearsal,
  fail,
  goOn,
  holdBack,
  removing,
  setGoing,
  startAbove,
  streamOn,
  succeed,
  unknown,
} from './apply-run-event';
import * as user from './apply-user-event';
import { ORDERS, type DrivenMigration, type Order, type Transition, type TransitionContext } from './driven-migration';
import type { EventType, MigrationEvent } from './events';
import type { MigrationKind } from './migration-spec';
import { PHASES, STATUSES, type Phase, type Status } from './phase';
import { failRun, leavePhase, unchanged } from './phase-entry';
import { ALL_RUN_PHASES, FAILING_PHASES, LATER_RUN_PHASES, RUN_PHASES } from './states';

/**
 * One row of the state machine: in these states this event leads to one of those. The machine follows the rows, the documentation is made
 * from them, and a test shows that they cover every state and keep to what they say.
 */
export interface TransitionRule {
  event: EventType;
  /** Absent: of every kind. */
  kinds?: readonly MigrationKind[];
  phases: readonly Phase[];
  statuses: readonly Status[];
  orders: readonly Order[];
  /** `phase/status/order` after it, `same` for what stays; `exit`: where the phase leads (phases.ts). */
  to: readonly string[];
  /** What happens, for the generated documentation. */
  does: string;
  apply: (migration: DrivenMigration, event: MigrationEvent, context: TransitionContext) => Transition;
}

type From = Pick<TransitionRule, 'kinds' | 'phases' | 'statuses' | 'orders'>;
type Apply<T extends EventType> = (
  migration: DrivenMigration,
  event: Extract<MigrationEvent, { type: T }>,
  context: TransitionContext,
) => Transition;

function rule<T extends EventType>(event: T, from: From, to: string[], does: string, apply: Apply<T>): TransitionRule {
  return { event, ...from, to, does, apply: apply as TransitionRule['apply'] };
}

const from = (phases: readonly Phase[], statuses: readonly Status[], orders: readonly Order[]): From => ({ phases, statuses, orders });

const PRECHECKING = from(['precheck'], ['pending'], ['start']);
const PRECHECK_HELD = from(['precheck'], ['paused'], ['hold']);
const ofKinds = (kinds: readonly MigrationKind[], states: From): From => ({ ...states, kinds });
const ofKind = (kind: MigrationKind, states: From): From => ofKinds([kind], states);
const STARTING = from(ALL_RUN_PHASES, ['pending', 'running'], ['start']);
const ACTIVE = from(ALL_RUN_PHASES, ['pending', 'running'], ['start', 'watch', 'resume']);
const PAUSED_RUN = from(ALL_RUN_PHASES, ['paused'], ['pause', 'hold']);
/** What can still be given up: up to the cutover. */
const CANCELLABLE: From[] = [ACTIVE, PAUSED_RUN].map((states) => ({ ...states, phases: RUN_PHASES }));
const STREAMING = ofKind('database', { ...ACTIVE, phases: ['incremental'] });
const REHEARSING = ofKind('host', { ...ACTIVE, phases: ['rehearsal'] });
/** A stream, or a cutover that gave the source back. */
const STREAM_FAILED = ofKind('database', from(['incremental', 'cutover'], ['failed'], ['none']));
const CUTOVER_FAILED = ofKind('database', from(['cutover'], ['failed'], ['none']));
const COPIED = ofKind('database', from(['full'], ['waiting'], ['none']));
const BETWEEN_ROUNDS = ofKinds(['storage', 'host'], from(['incremental'], ['waiting'], ['none']));
const PAUSED_BETWEEN_ROUNDS = ofKinds(['storage', 'host'], from(['incremental'], ['paused'], ['none']));
const FAILED = from([...FAILING_PHASES, ...LATER_RUN_PHASES], ['failed'], ['none']);
const CANCELLING = from(RUN_PHASES, ['cancelled'], ['cancel']);
const REMOVING = from(PHASES, ['cancelled', 'succeeded'], ['remove']);
const VERIFIED = from(['reversible'], ['waiting'], ['none']);
/** A database or a host after its cutover: with or without a run that streams back or settles the source, paused or failed. */
const REVERSIBLE: From[] = [
  VERIFIED,
  { ...ACTIVE, phases: ['reversible'] as const },
  { ...PAUSED_RUN, phases: ['reversible'] as const },
  { ...FAILED, phases: ['reversible'] as const },
].map((states) => ofKinds(['database', 'host'], states));
const REPORTING = from(['reversible', 'done'], ['pending', 'cancelled'], ['report']);
const ENDED = from(PHASES, ['succeeded', 'cancelled'], ['none']);

const CANCEL_DOES =
  'Ends it for good; what is half done is cleaned up, and what was copied stays. A source that a cutover froze is opened again.';

const USER_RULES: TransitionRule[] = [
  rule('pause', PRECHECKING, ['same/paused/hold'], 'The call is cut short.', (m, _e, c) => user.pause(m, c)),
  rule('pause', ACTIVE, ['same/paused/pause'], 'Keeps what is copied and stops moving data.', (m, _e, c) => user.pause(m, c)),
  rule('pause', BETWEEN_ROUNDS, ['same/paused/none'], 'No round starts.', (m, _e, c) => user.pause(m, c)),
  rule('resume', PRECHECK_HELD, ['same/pending/start'], 'The precheck is made anew.', (m, _e, c) => user.resume(m, c)),
  rule('resume', PAUSED_RUN, ['same/running/resume'], 'The same run goes on.', (m, _e, c) => user.resume(m, c)),
  rule('resume', PAUSED_BETWEEN_ROUNDS, ['same/waiting/none'], 'Rounds start again when they are due.', (m, _e, c) => user.resume(m, c)),
  rule(
    'resume',
    CUTOVER_FAILED,
    ['incremental/pending/start', 'full/waiting/none'],
    'Changes are streamed again (of a snapshot there are none: it waits), until the user asks for another cutover.',
    (m, _e, c) => user.streamAgain(m, c),
  ),
  ...[PRECHECKING, PRECHECK_HELD, from(['precheck'], ['failed'], ['none'])].map((states) =>
    rule('cancel', states, ['same/cancelled/none'], 'Ends it for good: nothing was written.', (m, _e, c) => user.cancel(m, c)),
  ),
  ...[...CANCELLABLE, BETWEEN_ROUNDS, PAUSED_BETWEEN_ROUNDS, COPIED, from(RUN_PHASES, ['failed'], ['none'])].map((states) =>
    rule('cancel', states, ['same/cancelled/cancel'], CANCEL_DOES, (m, _e, c) => user.cancel(m, c)),
  ),
  rule('cutover', BETWEEN_ROUNDS, ['cutover/pending/start'], 'The final delta and the verification begin.', user.cutover),
  rule(
    'cutover',
    ofKinds(['storage', 'host'], { ...ACTIVE, phases: ['incremental', 'rehearsal'] }),
    ['same/same/same'],
    'It follows the round, or the rehearsal, in progress.',
    user.cutover,
  ),
  rule('rehearse', ofKind('host', BETWEEN_ROUNDS), ['rehearsal/pending/start'], 'A clone is started and probed.', (m, _e, c) =>
    user.rehearse(m, c),
  ),
  rule(
    'rehearse',
    ofKind('host', { ...ACTIVE, phases: ['incremental'] }),
    ['same/same/same'],
    'It follows the round in progress.',
    (m, _e, c) => user.rehearse(m, c),
  ),
  rule(
    'cutover',
    STREAMING,
    ['cutover/pending/start'],
    'A run with a higher epoch takes over from the stream at once.',
    user.cutoverStream,
  ),
  rule('cutover', COPIED, ['cutover/pending/start'], 'The copy of the snapshot is compared, and the target opened.', user.cutoverStream),
  ...REVERSIBLE.flatMap((states) => [
    rule('finalize', states, ['finalize/pending/start'], 'A run removes what is kept at both ends.', (m, _e, c) =>
      user.endReversible(m, 'finalize', c),
    ),
    rule(
      'rollback',
      states,
      ['rollback/pending/start'],
      'A run opens the source again; of a database it carries the last changes back first.',
      (m, _e, c) => user.endReversible(m, 'rollback', c),
    ),
  ]),
  rule('finalize', ofKind('storage', VERIFIED), ['done/pending/report'], 'Ends it; the signed report becomes final.', (m, _e, c) =>
    user.finalize(m, c),
  ),
  rule(
    'rollback',
    ofKind('storage', VERIFIED),
    ['done/cancelled/report'],
    'Ends it as cancelled: the source stays in use, the target keeps its copy.',
    (m, _e, c) => user.rollback(m, c),
  ),
  rule('retry', FAILED, ['same/pending/start'], 'Runs the phase again; what is copied is not copied again.', (m, _e, c) =>
    user.retry(m, c),
  ),
  rule('remove', REMOVING, ['same/same/same'], 'It is being removed already.', (m, _e, c) => user.remove(m, c)),
  rule('remove', ENDED, ['same/same/remove'], 'The migrator forgets it, then the scheduler.', (m, _e, c) => user.remove(m, c)),
  rule(
    'remove',
    from(PHASES, STATUSES, ORDERS),
    ['same/cancelled/remove', 'done/same/remove'],
    'It is cancelled, then forgotten.',
    (m, _e, c) => user.remove(m, c),
  ),
  rule(
    'set-limits',
    from(PHASES, STATUSES, ORDERS),
    ['same/same/same'],
    'A run that goes on is told, the next one starts with them.',
    (m, e, c) => user.setLimits(m, e.limits, c),
  ),
  rule('retry-failures', BETWEEN_ROUNDS, ['same/pending/start'], 'The next round starts at once.', (m, _e, c) => user.retryFailures(m, c)),
  rule('retry-failures', STREAMING, ['same/pending/start'], 'A run with a higher epoch copies them again, and streams on.', (m, _e, c) =>
    user.syncTables(m, c),
  ),
  rule(
    'change-tables',
    STREAMING,
    ['same/pending/start'],
    'A run with a higher epoch brings the tables in line, and streams on.',
    (m, e, c) => user.changeTables(m, e.database, c),
  ),
  rule('change-tables', STREAM_FAILED, ['same/same/same'], 'The next run brings the tables in line before anything else.', (m, e, c) =>
    user.changeTables(m, e.database, c),
  ),
  rule('retry-failures', from(PHASES, STATUSES, ORDERS), ['same/same/same'], 'The next run tries them again.', (m) => unchanged(m)),
];

const RUN_RULES: TransitionRule[] = [
  rule(
    'run-goes-on',
    STREAMING,
    ['same/running/watch', 'cutover/pending/start'],
    'As any run; an automatic cutover takes over once the stream has been close to its source for some seconds.',
    (m, e, c) => streamOn(m, e.run, c),
  ),
  rule(
    'run-succeeded',
    ofKinds(['database', 'host'], { ...CANCELLING, phases: ['cutover'] }),
    ['exit', 'same/cancelled/none'],
    'Where the target was opened before it could be cancelled, the cutover stands.',
    (m, e, c) => cancelledTooLate(m, e.run, c),
  ),
  rule('run-goes-on', ACTIVE, ['same/running/watch'], 'Its progress is taken over.', (m, e, c) => goOn(m, e.run, c)),
  rule('run-paused', ACTIVE, ['same/same/resume'], 'A late pause arrived: it is told to go on.', (m, e) => setGoing(m, e.run)),
  rule('run-succeeded', ACTIVE, ['exit'], 'The phase is left by the first exit whose guard holds.', (m, e, c) => succeed(m, e.run, c)),
  rule(
    'run-failed',
    REHEARSING,
    ['same/pending/start', 'incremental/pending/start'],
    'As any run; in place of failing it goes back to its rounds, with a finding that says why.',
    (m, e, c) => endRehearsal(fail(m, e.run, c), c),
  ),
  rule(
    'run-failed',
    ACTIVE,
    ['same/pending/start', 'same/failed/none'],
    'A passing failure: a new run after a growing pause, ten times without progress at most. Else the phase fails.',
    (m, e, c) => fail(m, e.run, c),
  ),
  ...(['run-goes-on', 'run-paused', 'run-succeeded', 'run-failed'] as const).flatMap((event) => {
    const ends = event === 'run-succeeded' || event === 'run-failed';
    return [
      rule(
        event,
        PAUSED_RUN,
        [event === 'run-goes-on' ? 'same/paused/pause' : 'same/paused/hold'],
        'Held, or told again to pause.',
        (m, e) => holdBack(m, e.run),
      ),
      rule(event, CANCELLING, [ends ? 'same/cancelled/none' : 'same/same/same'], 'Cancelled once it has ended.', (m, e) =>
        cancelled(m, e.run),
      ),
      rule(event, REMOVING, ['same/same/same'], 'Its counters are kept up.', (m, e) => removing(m, e.run)),
    ];
  }),
  rule(
    'run-unknown',
    from(ALL_RUN_PHASES, ['pending', 'running'], ['watch', 'resume']),
    ['same/same/start'],
    'Started again under its id.',
    unknown,
  ),
  rule('run-unknown', PAUSED_RUN, ['same/paused/hold'], 'There is nothing to pause.', unknown),
  rule('run-unknown', CANCELLING, ['same/cancelled/none'], 'There is nothing left to clean up.', unknown),
];

const OTHER_RULES: TransitionRule[] = [
  rule('prechecked', PRECHECKING, ['exit'], 'Blockers fail the phase.', (m, e, c) => prechecked(m, e.outcome, c)),
  rule(
    'start-refused',
    ofKind('host', { ...STARTING, phases: ['rehearsal'] }),
    ['incremental/pending/start', 'same/pending/start'],
    'Waiting does not cure it: it goes back to its rounds, with a finding that says why.',
    (m, e, c) => endRehearsal(failRun(m, e.error, c), c),
  ),
  ...[PRECHECKING, STARTING].map((states) =>
    rule('start-refused', states, ['same/failed/none', 'same/pending/start'], 'Waiting does not cure it: the phase fails.', (m, e, c) =>
      failRun(m, e.error, c),
    ),
  ),
  rule('epoch-stale', STARTING, ['same/pending/start'], 'The migrator knows newer runs: a new run above them.', (m, e, c) =>
    startAbove(m, e.highestEpoch, c),
  ),
  rule('limits-told', from(ALL_RUN_PHASES, ['running', 'paused'], ['watch', 'hold']), ['same/same/same'], 'The run works to them.', (m) =>
    unchanged({ ...m, limitsDue: false }),
  ),
  rule('round-due', BETWEEN_ROUNDS, ['same/pending/start'], 'The next round is started.', (m, _e, c) => nextRound(m, c)),
  rule('report-stored', REPORTING, ['exit'], 'It can be fetched.', (m, _e, c) => leavePhase(m, c)),
  rule('removed', REMOVING, ['same/same/none'], 'Its rows are deleted with this last event.', (m, _e, c) => removed(m, c)),
  rule('effect-stuck', from(PHASES, STATUSES, ORDERS), ['same/same/same'], 'Shown with the last error; it is tried on.', (m, e, c) =>
    markStuck(m, e.trouble, c),
  ),
  rule('revalidate', ENDED, ['same/same/same'], 'It has ended.', (m) => unchanged(m)),
  rule('revalidate', ACTIVE, ['same/pending/start'], 'The phase is done again under a new run.', (m, e, c) =>
    revalidate(m, e.incarnation, c),
  ),
  rule('revalidate', PAUSED_RUN, ['same/paused/pause'], 'The run is told once more to pause.', (m, e, c) =>
    revalidate(m, e.incarnation, c),
  ),
  rule('revalidate', from(PHASES, STATUSES, ORDERS), ['same/same/same'], 'Left as it is, with a finding.', (m, e, c) =>
    revalidate(m, e.incarnation, c),
  ),
];

/** Every transition. The first row that fits is taken. */
export const TRANSITIONS: readonly TransitionRule[] = [...USER_RULES, ...RUN_RULES, ...OTHER_RULES];

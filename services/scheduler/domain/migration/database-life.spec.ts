import { applyAction } from './actions';
import { CAUGHT_UP } from './apply-run-event';
import { databaseScope, type DatabaseScope } from './database-scope';
import { isAtRest, mayResolveSecrets, type DrivenMigration, type TransitionContext } from './driven-migration';
import { nextEffect } from './effects';
import { EQUAL, newMigration } from './fixtures/every-event';
import { emptyLedger, type Ledger } from './ledger';
import type { Finding } from './migration';
import type { CutoverSpec, DatabaseSpec } from './migration-spec';
import type { Action } from './phase';
import { MAX_ATTEMPTS } from './phase-entry';
import type { RunState } from './run-state';
import {
  applyFailuresRetried,
  applyPrecheck,
  applyReported,
  applyRunUpdate,
  applyTables,
  requestRemoval,
  revalidateRestored,
} from './transitions';

const START_MS = Date.parse('2026-01-01T00:00:00Z');
let runs = 0;
const at = (nowMs: number): TransitionContext => ({ nowMs, newRunId: () => `run_${(runs += 1)}` });
const context = at(START_MS);

const create = (scope: Partial<DatabaseScope> = {}, cutover: Partial<CutoverSpec> = {}): DrivenMigration => {
  const m = newMigration(context, 'database');
  const spec = m.spec as DatabaseSpec;
  return { ...m, spec: { ...spec, database: databaseScope(scope), cutover: { ...spec.cutover, ...cutover } } };
};

type Told = Partial<Omit<RunState, 'ledger'>> & { ledger?: Partial<Ledger> };
const run = (m: DrivenMigration, told: Told = {}): RunState => ({
  runId: m.runId ?? '',
  migrationId: m.id,
  epoch: m.epoch,
  phase: m.phase,
  status: 'running',
  shardsTotal: 1,
  shardsDone: 0,
  expectedObjects: 0,
  expectedBytes: 0,
  findings: [],
  error: null,
  verification: null,
  ...told,
  ledger: { ...emptyLedger(), ...told.ledger },
});
const tell = (m: DrivenMigration, told: Told = {}, when = context) => applyRunUpdate(m, run(m, told), when).migration;
const succeed = (m: DrivenMigration, told: Told = {}) => tell(m, { status: 'succeeded', ...told });
const act = (m: DrivenMigration, action: Action) => applyAction(m, action, {}, context).migration;

const prechecked = (m: DrivenMigration) =>
  applyPrecheck(m, { findings: [], estimate: { objects: 2, bytes: 50, complete: true } }, context).migration;
const copied = (m: DrivenMigration) => succeed(succeed(prechecked(m)), { ledger: { copiedTables: 2, copiedRows: 7 } });
const streaming = (m = create()) => tell(copied(m));
const cuttingOver = (m = create()) => tell(act(streaming(m), 'cutover'));
const OPENED: Told = { verification: EQUAL, frozenAt: '2026-01-01T00:00:01Z', openedAt: '2026-01-01T00:00:03Z' };
const cutOver = (m = create()) => applyReported(succeed(cuttingOver(m), OPENED), context).migration;

const close = { appliedPosition: '0/1', sourcePosition: '0/1', lagBytes: 0, lagMs: 10, retainedBytes: 0, fullAt: null, syncingTables: 0 };
const standing = ({ phase, status, order }: DrivenMigration) => `${phase}/${status}/${order}`;

describe('the life of a database migration', () => {
  it('streams without rounds, and each later phase is a run with a higher epoch', () => {
    const m = streaming();
    expect(standing(m)).toBe('incremental/running/watch');
    expect(m.round).toBe(0);
    const cutover = act(m, 'cutover');
    expect(standing(cutover)).toBe('cutover/pending/start');
    expect(cutover.epoch).toBe(m.epoch + 1);
    expect(cutover.runId).not.toBe(m.runId);
    // The secrets are the new run's alone.
    expect(mayResolveSecrets(cutover, m.runId ?? '')).toBe(false);
    const back = cutOver();
    expect(standing(back)).toBe('reversible/pending/start');
    const finalized = succeed(act(tell(back), 'finalize'));
    expect(standing(finalized)).toBe('done/pending/report');
    expect(standing(applyReported(finalized, context).migration)).toBe('done/succeeded/none');
  });

  it('keeps what the stream had counted when the cutover takes over', () => {
    const m = tell(streaming(), { ledger: { appliedChanges: 40, appliedTransactions: 4 } });
    const cutover = tell(act(m, 'cutover'), { ledger: { appliedChanges: 2, verifiedRows: 9 } });
    expect(cutover.ledger).toMatchObject({ copiedRows: 7, appliedChanges: 42, appliedTransactions: 4, verifiedRows: 9 });
  });

  it('has one entry of the reversible phase, however its report and its stream follow each other', () => {
    const m = tell(cutOver());
    expect(m.timings.map(({ phase }) => phase)).toEqual(['precheck', 'prepare', 'full', 'incremental', 'cutover', 'reversible']);
    expect(m.timings.at(-1)).not.toHaveProperty('finishedAt');
  });

  it.each<[string, DrivenMigration, string]>([
    ['a snapshot waits for its cutover', copied(create({ mode: 'snapshot' })), 'full/waiting/none'],
    ['an automatic snapshot goes on', copied(create({ mode: 'snapshot' }, { mode: 'automatic' })), 'cutover/pending/start'],
    ['without a stream back it waits', cutOver(create({ reverse: false })), 'reversible/waiting/none'],
    ['finalizing may be automatic', cutOver(create({}, { finalize: 'automatic' })), 'finalize/pending/start'],
    ['a stream that ends by itself fails', succeed(streaming()), 'incremental/failed/none'],
    ['a rollback ends as cancelled', succeed(act(tell(cutOver()), 'rollback')), 'done/cancelled/report'],
    [
      'a failed stream back can be rolled back',
      act({ ...tell(cutOver()), status: 'failed', order: 'none' }, 'rollback'),
      'rollback/pending/start',
    ],
  ])('%s', (_name, m, expected) => {
    expect(standing(m)).toBe(expected);
  });

  it('gives secrets to the run that streams back, and to none while it waits without one', () => {
    const back = tell(cutOver());
    expect(mayResolveSecrets(back, back.runId ?? '')).toBe(true);
    const waits = cutOver(create({ reverse: false }));
    expect(mayResolveSecrets(waits, waits.runId ?? '')).toBe(false);
  });
});

describe('an automatic cutover', () => {
  const automatic = () => streaming(create({}, { mode: 'automatic' }));

  it('begins once the stream has kept close for long enough', () => {
    const first = tell(automatic(), { stream: close });
    expect(standing(first)).toBe('incremental/running/watch');
    const almost = tell(first, { stream: close }, at(START_MS + CAUGHT_UP.forMs - 1));
    expect(standing(almost)).toBe('incremental/running/watch');
    expect(standing(tell(almost, { stream: close }, at(START_MS + CAUGHT_UP.forMs)))).toBe('cutover/pending/start');
  });

  it.each([
    ['late', { ...close, lagMs: CAUGHT_UP.lagMs + 1 }],
    ['far', { ...close, lagBytes: CAUGHT_UP.lagBytes + 1 }],
    ['waiting for tables', { ...close, syncingTables: 1 }],
    ['between different definitions', { ...close, definitionDifferenceCount: 1, definitionDifferences: ['index public.x'] }],
  ])('begins its count anew when the stream was %s in between', (_name, stream) => {
    const first = tell(automatic(), { stream: close });
    const behind = tell(first, { stream }, at(START_MS + 1_000));
    const again = tell(behind, { stream: close }, at(START_MS + CAUGHT_UP.forMs));
    expect(standing(again)).toBe('incremental/running/watch');
  });

  it('is none where the user decides', () => {
    const m = tell(tell(streaming(), { stream: close }), { stream: close }, at(START_MS + 60_000));
    expect(standing(m)).toBe('incremental/running/watch');
  });
});

describe('a cutover of a database', () => {
  const error = { code: 'DATABASE_BUSY', message: 'm', hint: 'h', retryable: false };
  const frozen: Finding = { severity: 'warning', code: 'DATABASE_STILL_FROZEN', message: 'm', hint: 'h', subject: 'source' };

  it('is refused before the rows are copied, with a code of its own', () => {
    for (const m of [create(), prechecked(create()), succeed(prechecked(create()))]) {
      expect(() => act(m, 'cutover')).toThrow(expect.objectContaining({ code: 'MIGRATION_CUTOVER_TOO_EARLY' }));
    }
    expect(() => act(act(streaming(), 'pause'), 'cutover')).toThrow(expect.objectContaining({ code: 'MIGRATION_ACTION_NOT_ALLOWED' }));
  });

  it('that fails has given the source back, or says that it could not', () => {
    const began = tell(cuttingOver(), { frozenAt: OPENED.frozenAt ?? null });
    expect(began.frozenAt).toBe(OPENED.frozenAt);
    expect(tell(began, { status: 'failed', error })).toMatchObject({ status: 'failed', frozenAt: null });
    expect(tell(began, { status: 'failed', error, findings: [frozen] })).toMatchObject({ status: 'failed', frozenAt: OPENED.frozenAt });
    // Replaced by a run after a restore: its successor finds the source frozen.
    const revalidated = tell(began, { status: 'failed', error: { ...error, code: 'RUN_REVALIDATE' } });
    expect(revalidated).toMatchObject({ phase: 'cutover', status: 'pending', frozenAt: OPENED.frozenAt });
  });

  it('whose sides differ fails, with the differences kept', () => {
    const verification = { ...EQUAL, equal: false, targetRoot: 'bb', differenceCount: 3 };
    const m = succeed(cuttingOver(), { verification });
    expect(m).toMatchObject({
      status: 'failed',
      error: { code: 'VERIFY_DIFFERENT' },
      verification: { differenceCount: 3 },
      openedAt: null,
    });
    expect(standing(act(m, 'retry'))).toBe('cutover/pending/start');
  });

  it('that failed can be gone back from, to repair beside the stream; the user decides on another one', () => {
    const failed = tell(cuttingOver(), { status: 'failed', error });
    const again = act(failed, 'resume');
    expect(again).toMatchObject({ phase: 'incremental', status: 'pending', order: 'start', error: null, cutoverRequested: false });
    expect(again.epoch).toBe(failed.epoch + 1);
    expect(again.spec.cutover.mode).toBe('manual');
    const streams = tell(tell(again, { stream: close }), { stream: close }, at(START_MS + 60_000));
    expect(standing(streams)).toBe('incremental/running/watch');
    expect(standing(act(streams, 'cutover'))).toBe('cutover/pending/start');
    const ofSnapshot = {
      ...failed,
      spec: { ...failed.spec, database: { ...(failed.spec as never as { database: object }).database, mode: 'snapshot' } },
    };
    const waits = act(ofSnapshot as typeof failed, 'resume');
    expect(standing(waits)).toBe('full/waiting/none');
    expect(standing(act(waits, 'cutover'))).toBe('cutover/pending/start');
  });

  it('can be cancelled until the target is open, and stands after that', () => {
    const cancelling = act(cuttingOver(), 'cancel');
    expect(standing(cancelling)).toBe('cutover/cancelled/cancel');
    expect(isAtRest(tell(cancelling, { status: 'cancelled' }))).toBe(true);
    // Its migrator was past the point: the cutover has come to its end all the same.
    const stands = succeed(cancelling, OPENED);
    expect(standing(stands)).toBe('reversible/pending/report');
    expect(stands.findings.map(({ code }) => code)).toEqual(['CANCELLED_TOO_LATE']);
    // One that ended without opening anything is as good as cancelled.
    expect(standing(succeed(cancelling, { verification: { ...EQUAL, equal: false } }))).toBe('cutover/cancelled/none');
  });

  it('hears what could not be taken away when it was cancelled', () => {
    const done = tell(act(cuttingOver(), 'cancel'), { status: 'cancelled', findings: [frozen] });
    expect(done.findings).toEqual([frozen]);
  });
});

describe('control of a database migration', () => {
  const passing = { code: 'DATABASE_UNREACHABLE', message: 'm', hint: 'h', retryable: true };

  it('tries a stream that makes progress again for ever, and gives up one that makes none', () => {
    let m = streaming();
    for (let attempt = 0; attempt < 2 * MAX_ATTEMPTS; attempt += 1) {
      m = tell(m, { status: 'failed', error: passing, ledger: { appliedTransactions: 1 } });
      expect(m).toMatchObject({ status: 'pending', attempts: 1 });
    }
    for (let attempt = 1; attempt < MAX_ATTEMPTS; attempt += 1) m = tell(m, { status: 'failed', error: passing });
    expect(m).toMatchObject({ phase: 'incremental', status: 'failed' });
  });

  it('starts a stream back anew, not its report, when it fails passingly', () => {
    const m = tell(tell(cutOver()), { status: 'failed', error: passing });
    expect(standing(m)).toBe('reversible/pending/start');
    expect(standing(act({ ...m, status: 'failed', order: 'none' }, 'retry'))).toBe('reversible/pending/start');
  });

  it('cannot be cancelled after its cutover: it is finalized or rolled back', () => {
    expect(() => act(tell(cutOver()), 'cancel')).toThrow(
      expect.objectContaining({ code: 'MIGRATION_ACTION_NOT_ALLOWED', hint: expect.stringContaining('finalize, rollback') }),
    );
  });

  it('is told where an action is allowed by the phases of its own kind', () => {
    const hintOf = (m: DrivenMigration, action: Action): string => {
      try {
        act(m, action);
        return '';
      } catch (error) {
        return (error as { hint: string }).hint;
      }
    };
    expect(hintOf(newMigration(context), 'resume')).toContain('phase precheck | prepare | full | incremental | cutover with status paused');
    expect(hintOf(create(), 'resume')).toContain('incremental | cutover | reversible | finalize | rollback with status paused');
    expect(hintOf(newMigration(context), 'rollback')).toContain('phase reversible with status waiting');
    expect(hintOf(create(), 'rollback')).toContain('phase reversible with status pending | running | waiting | paused | failed');
  });

  it('brings tables that are set to be tried again, or are others now, in line by a new run', () => {
    const m = streaming();
    const database = databaseScope({ excludeTables: ['shop.log'] });
    for (const { migration } of [applyFailuresRetried(m, context), applyTables(m, database, context)]) {
      expect(migration).toMatchObject({ phase: 'incremental', status: 'pending', order: 'start', epoch: m.epoch + 1, stream: null });
    }
    expect(applyTables(m, database, context).migration.spec).toMatchObject({ database });
    const failed = { ...m, phase: 'cutover', status: 'failed', order: 'none' } as const;
    expect(applyTables(failed, database, context)).toMatchObject({
      migration: { phase: 'cutover', status: 'failed', spec: { database } },
      changes: [],
    });
  });

  it('is removed through its migrator from every state', () => {
    for (const m of [create(), streaming(), copied(create({ mode: 'snapshot' })), cuttingOver(), tell(cutOver())]) {
      expect(nextEffect(requestRemoval(m, context).migration, context.nowMs)).toEqual({ do: 'remove-run' });
    }
  });

  it('is held after a restore, streaming forth or back', () => {
    for (const m of [streaming(), tell(cutOver())]) {
      expect(revalidateRestored(m, 'inc_2', context).migration).toMatchObject({ phase: m.phase, status: 'paused' });
    }
  });
});

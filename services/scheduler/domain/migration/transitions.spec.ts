import { allowedActions, applyAction } from './actions';
import { isAtRest, mayResolveSecrets, ORDERS, type DrivenMigration, type Transition, type TransitionContext } from './driven-migration';
import { nextEffect, type EffectKind } from './effects';
import { EQUAL, SPECS } from './fixtures/every-event';
import { emptyLedger, type Ledger } from './ledger';
import type { VerificationSummary } from './migration';
import { DEFAULT_STORAGE_SCOPE, NO_LIMITS, type CutoverSpec, type StorageSpec } from './migration-spec';
import { publicView } from './migration-view';
import type { Action } from './phase';
import { MAX_ATTEMPTS } from './phase-entry';
import type { RunState } from './run-state';
import {
  applyFailuresRetried,
  applyLimits,
  applyLimitsTold,
  applyPrecheck,
  applyReported,
  applyRunUnknown,
  applyRunUpdate,
  concludeRemoval,
  createMigration,
  requestRemoval,
  startNextRound,
} from './transitions';

let runs = 0;
const context: TransitionContext = { nowMs: Date.parse('2026-01-01T00:00:00Z'), newRunId: () => `run_${(runs += 1)}` };

const create = (cutover: Partial<CutoverSpec> = {}): DrivenMigration =>
  createMigration(
    {
      id: 'mig_1',
      workspaceId: 'ws_1',
      name: 'm',
      createdBy: 'usr_1',
      traceContext: {},
      spec: {
        kind: 'storage',
        sourceEndpointId: 'ep_1',
        targetEndpointId: 'ep_2',
        storage: DEFAULT_STORAGE_SCOPE,
        limits: NO_LIMITS,
        cutover: { mode: 'manual', sourceFrozen: false, finalize: 'manual', ...cutover },
        incrementalIntervalSeconds: 60,
      },
    },
    context,
  ).migration;

const verification = (over: Partial<VerificationSummary> = {}): VerificationSummary => ({ ...EQUAL, sourceFrozen: false, ...over });

const run = (m: DrivenMigration, over: Partial<Omit<RunState, 'ledger'>> & { ledger?: Partial<Ledger> } = {}): RunState => ({
  runId: m.runId ?? '',
  migrationId: m.id,
  epoch: m.epoch,
  phase: m.phase,
  status: 'succeeded',
  shardsTotal: 1,
  shardsDone: 1,
  expectedObjects: 0,
  expectedBytes: 0,
  findings: [],
  error: null,
  verification: m.phase === 'cutover' ? verification() : null,
  ...over,
  ledger: { ...emptyLedger(), ...over.ledger },
});

const succeed = (m: DrivenMigration, ledger: Partial<Ledger> = {}) => applyRunUpdate(m, run(m, { ledger }), context).migration;
const precheckPassed = (m: DrivenMigration) =>
  applyPrecheck(m, { findings: [], estimate: { objects: 5, bytes: 50, complete: true } }, context).migration;
const act = (m: DrivenMigration, action: Action, options = {}) => applyAction(m, action, options, context).migration;

const inFull = (cutover?: Partial<CutoverSpec>) => succeed(precheckPassed(create(cutover)));
const inRound = (cutover?: Partial<CutoverSpec>) => succeed(inFull(cutover), { copiedObjects: 5, copiedBytes: 50 });
const waiting = () => succeed(inRound());
const inCutover = (cutover?: Partial<CutoverSpec>) => act(succeed(inRound(cutover)), 'cutover');
const reversible = () => applyReported(succeed(inCutover()), context).migration;

describe('the life of a storage migration', () => {
  it('goes through every phase, each run with an id and a higher epoch of its own', () => {
    const seen: string[] = [];
    let m = create();
    const note = (next: DrivenMigration) => {
      seen.push(`${next.phase}/${next.status}/${next.order}/${next.epoch}`);
      return next;
    };
    note(m);
    m = note(precheckPassed(m));
    m = note(succeed(m));
    m = note(succeed(m, { copiedObjects: 5 }));
    m = note(succeed(m));
    m = note(act(m, 'cutover', { sourceFrozen: true }));
    m = note(succeed(m));
    m = note(applyReported(m, context).migration);
    m = note(act(m, 'finalize'));
    m = note(applyReported(m, context).migration);
    expect(seen).toEqual([
      'precheck/pending/start/1',
      'prepare/pending/start/2',
      'full/pending/start/3',
      'incremental/pending/start/4',
      'incremental/waiting/none/4',
      'cutover/pending/start/5',
      'reversible/pending/report/5',
      'reversible/waiting/none/5',
      'done/pending/report/5',
      'done/succeeded/none/5',
    ]);
    expect(m.timings.map((timing) => [timing.phase, timing.outcome])).toEqual(
      ['precheck', 'prepare', 'full', 'incremental', 'cutover', 'reversible', 'done'].map((phase) => [phase, 'succeeded']),
    );
    expect(isAtRest(m)).toBe(true);
    expect(m.ledger.copiedObjects).toBe(5);
    expect(m.spec.cutover.sourceFrozen).toBe(true);
  });

  it('publishes each change once, under versions that grow by one', () => {
    const first = precheckPassed(create());
    const transition = applyRunUpdate(first, run(first), context);
    expect(transition.changes.map((change) => [change.change, change.phase, change.version])).toEqual([
      ['phase-finished', 'prepare', first.version + 1],
      ['phase-started', 'full', first.version + 2],
    ]);
    expect(transition.migration.version).toBe(first.version + 2);
  });

  it.each([
    ['propagates deletes into an empty target', [], 'propagate'],
    ['keeps what a target held before', ['TARGET_NOT_EMPTY'], 'keep'],
  ])('%s, where nobody named a policy', (_, codes, deletePolicy) => {
    const findings = codes.map((code) => ({ severity: 'warning' as const, code, message: 'm', hint: 'h', subject: 'target' as const }));
    const outcome = { findings, estimate: { objects: 1, bytes: 1, complete: true } };
    expect(applyPrecheck(create(), outcome, context).migration).toMatchObject({ phase: 'prepare', spec: { storage: { deletePolicy } } });
    const asked = create();
    asked.spec = { ...SPECS.storage, storage: { ...DEFAULT_STORAGE_SCOPE, deletePolicy: 'propagate' } } as StorageSpec;
    expect(applyPrecheck(asked, outcome, context).migration).toMatchObject({ spec: { storage: { deletePolicy: 'propagate' } } });
  });

  it('stops at a precheck blocker and prechecks again on retry', () => {
    const blocker = { severity: 'blocker' as const, code: 'X', message: 'no bucket', hint: '', subject: 'target' as const };
    const failed = applyPrecheck(create(), { findings: [blocker], estimate: { objects: 0, bytes: 0, complete: true } }, context).migration;
    expect(failed).toMatchObject({ phase: 'precheck', status: 'failed', error: { code: 'PRECHECK_BLOCKED' } });
    expect(act(failed, 'retry')).toMatchObject({ phase: 'precheck', status: 'pending', findings: [], error: null, epoch: 2 });
  });

  it('ignores late answers of other runs and epochs', () => {
    const m = inFull();
    for (const stale of [run(m, { runId: 'run_other' }), run(m, { epoch: m.epoch - 1 })]) {
      expect(applyRunUpdate(m, stale, context)).toEqual({ migration: m, changes: [] });
    }
  });
});

describe('incremental rounds and cutover', () => {
  it('waits for the interval, then starts the next round; or at once for a failure set to retry', () => {
    const m = waiting();
    expect(nextEffect(m, context.nowMs)).toEqual({ waitUntilMs: context.nowMs + 60_000 });
    expect(nextEffect(m, context.nowMs + 60_000)).toEqual({ do: 'next-round' });
    expect(startNextRound(m, context).migration).toMatchObject({ round: 2, status: 'pending', order: 'start' });
    expect(applyFailuresRetried(m, context).migration).toMatchObject({ round: 2, status: 'pending' });
    expect(applyFailuresRetried(inFull(), context).changes).toEqual([]);
  });

  it('finishes the round in progress before the cutover', () => {
    const requested = act(inRound(), 'cutover');
    expect(requested).toMatchObject({ phase: 'incremental', cutoverRequested: true });
    expect(act(requested, 'cutover')).toEqual(requested);
    expect(succeed(requested, { copiedObjects: 3 })).toMatchObject({ phase: 'cutover', status: 'pending' });
  });

  it('cuts over automatically after an idle round, or after the third', () => {
    const m = inRound({ mode: 'automatic' });
    expect(succeed(m)).toMatchObject({ phase: 'cutover' });
    const second = succeed(m, { copiedObjects: 1 });
    expect(second).toMatchObject({ phase: 'incremental', round: 2, status: 'pending' });
    const third = succeed(second, { quarantinedObjects: 1 });
    expect(third).toMatchObject({ phase: 'incremental', round: 3 });
    expect(succeed(third, { deletedObjects: 1 })).toMatchObject({ phase: 'cutover' });
  });

  it('finalizes automatically', () => {
    const m = applyReported(succeed(inCutover({ finalize: 'automatic' })), context).migration;
    expect(m).toMatchObject({ phase: 'done', status: 'pending', order: 'report' });
    expect(applyReported(m, context).changes.map((change) => change.change)).toEqual(['finalized']);
  });

  it.each([
    ['unequal', { equal: false, differenceCount: 2, waivedCount: 1 }, 'VERIFY_DIFFERENT'],
    ['unequal without a named difference', { equal: false }, 'VERIFY_DIFFERENT'],
    ['unequal beyond what waivers explain', { equal: false, targetRoot: 'ff', differenceCount: 2, waivedCount: 2 }, 'VERIFY_DIFFERENT'],
    ['absent', null, 'VERIFY_MISSING'],
  ])('fails when the verification is %s, and retry reruns the cutover', (_name, over, code) => {
    const m = inCutover();
    const failed = applyRunUpdate(m, run(m, { verification: over && verification(over) }), context).migration;
    expect(failed).toMatchObject({ phase: 'cutover', status: 'failed', error: { code } });
    expect(act(failed, 'retry')).toMatchObject({ phase: 'cutover', status: 'pending', verification: null, epoch: m.epoch + 1 });
  });

  it('passes when waivers explain every difference', () => {
    const m = inCutover();
    const over = verification({ differenceCount: 2, waivedCount: 2 });
    expect(applyRunUpdate(m, run(m, { verification: over }), context).migration.phase).toBe('reversible');
  });

  it('warns when a source that was declared frozen was not', () => {
    const m = inCutover({ sourceFrozen: true });
    expect(succeed(m).findings.map((finding) => finding.code)).toEqual(['SOURCE_NOT_FROZEN']);
    const frozen = run(m, { verification: verification({ sourceFrozen: true }) });
    expect(applyRunUpdate(m, frozen, context).migration.findings).toEqual([]);
  });

  it('rolls back into done/cancelled and says what stays', () => {
    const m = act(reversible(), 'rollback');
    expect(m).toMatchObject({ phase: 'done', status: 'cancelled', order: 'report' });
    expect(m.findings.at(-1)?.message).toMatch(/source was never touched.*target keeps its copy/);
    expect(isAtRest(applyReported(m, context).migration)).toBe(true);
  });
});

describe('pause, resume, cancel, remove', () => {
  it('keeps the phase, and goes on with the same run', () => {
    const running = applyRunUpdate(inFull(), run(inFull(), { status: 'running' }), context);
    const m = { ...inFull(), status: 'running' as const, order: 'watch' as const };
    expect(running.changes).toEqual([]);
    const paused = act(m, 'pause');
    expect(paused).toMatchObject({ phase: 'full', status: 'paused', order: 'pause', runId: m.runId });
    const held = applyRunUpdate(paused, run(m, { status: 'paused' }), context).migration;
    expect(held.order).toBe('hold');
    const resumed = act(held, 'resume');
    expect(resumed).toMatchObject({ status: 'running', order: 'resume', runId: m.runId });
    expect(applyRunUpdate(resumed, run(m, { status: 'running' }), context).migration.order).toBe('watch');
  });

  it('stops a start that slipped past the pause', () => {
    const held = applyRunUnknown(act(inFull(), 'pause'), context).migration;
    expect(held.order).toBe('hold');
    expect(nextEffect(held, context.nowMs)).toEqual({ do: 'check-paused-run' });
    expect(applyRunUpdate(held, run(held, { status: 'running' }), context).migration.order).toBe('pause');
  });

  it('starts a run again that the migrator has lost', () => {
    const m = { ...inFull(), order: 'watch' as const };
    expect(applyRunUnknown(m, context).migration).toMatchObject({ order: 'start', runId: m.runId, epoch: m.epoch });
  });

  it('returns to waiting when it was paused between rounds', () => {
    const m = act(act(waiting(), 'pause'), 'resume');
    expect(m).toMatchObject({ phase: 'incremental', status: 'waiting', notBefore: waiting().notBefore });
  });

  it('takes the end of a run that ended while it was being paused once it is resumed', () => {
    const held = applyRunUpdate(act(inFull(), 'pause'), run(inFull(), {}), context).migration;
    const same = act(inFull(), 'pause');
    const ended = applyRunUpdate(same, run(same), context).migration;
    expect(held.status).toBe('paused');
    expect(ended).toMatchObject({ status: 'paused', phase: 'full', order: 'hold' });
    expect(succeed(act(ended, 'resume'))).toMatchObject({ phase: 'incremental' });
  });

  it('is at rest only when the migrator has cleaned up', () => {
    const m = act(inFull(), 'cancel');
    expect(m).toMatchObject({ phase: 'full', status: 'cancelled', order: 'cancel' });
    expect(isAtRest(m)).toBe(false);
    expect(applyRunUpdate(m, run(m, { status: 'running' }), context).migration.order).toBe('cancel');
    const done = applyRunUpdate(m, run(m, { status: 'cancelled', ledger: { copiedObjects: 2 } }), context).migration;
    expect(isAtRest(done)).toBe(true);
    expect(done.ledger.copiedObjects).toBe(2);
  });

  it('removes from any state through the migrator', () => {
    for (const m of [create(), inFull(), waiting(), reversible(), act(inFull(), 'cancel')]) {
      const removing = requestRemoval(m, context).migration;
      expect(nextEffect(removing, context.nowMs)).toEqual({ do: 'remove-run' });
      expect(allowedActions(removing)).toEqual([]);
      expect(requestRemoval(removing, context).changes).toEqual([]);
    }
    expect(concludeRemoval(requestRemoval(inFull(), context).migration, context).changes.at(-1)?.change).toBe('deleted');
  });
});

describe('failing runs', () => {
  const error = { code: 'STORAGE_UNREACHABLE', message: 'm', hint: 'h', retryable: true };

  it('are tried again with growing pauses, and fail the phase at last', () => {
    let m = inFull();
    for (let attempt = 1; attempt < MAX_ATTEMPTS; attempt += 1) {
      const before = m;
      m = applyRunUpdate(m, run(m, { status: 'failed', error }), context).migration;
      expect(m).toMatchObject({ phase: 'full', status: 'pending', order: 'start', attempts: attempt, epoch: before.epoch + 1, error });
      expect(m.runId).not.toBe(before.runId);
    }
    expect(nextEffect(m, context.nowMs)).toEqual({ waitUntilMs: context.nowMs + 300_000 });
    m = applyRunUpdate(m, run(m, { status: 'failed', error }), context).migration;
    expect(m).toMatchObject({ status: 'failed', order: 'none', error });
  });

  it('count anew after progress', () => {
    const m = { ...inFull(), attempts: MAX_ATTEMPTS - 1 };
    const next = applyRunUpdate(m, run(m, { status: 'failed', error, ledger: { copiedObjects: 1 } }), context).migration;
    expect(next).toMatchObject({ status: 'pending', attempts: 1 });
  });

  it('fail at once when trying again cannot help', () => {
    const m = inFull();
    const fatal = { ...error, retryable: false };
    expect(applyRunUpdate(m, run(m, { status: 'failed', error: fatal }), context).migration).toMatchObject({
      phase: 'full',
      status: 'failed',
    });
  });

  it('are tried again when the migrator ended them without a reason', () => {
    const m = inFull();
    expect(applyRunUpdate(m, run(m, { status: 'cancelled' }), context).migration).toMatchObject({ status: 'pending', order: 'start' });
  });
});

describe('limits', () => {
  it('reach a run that goes on, and wait for the next one else', () => {
    const limits = { ...NO_LIMITS, concurrency: 4 };
    const running = applyLimits({ ...inFull(), order: 'watch' }, limits, context).migration;
    expect(nextEffect(running, context.nowMs)).toEqual({ do: 'set-limits' });
    const between = applyLimits(waiting(), limits, context).migration;
    expect(between).toMatchObject({ limitsDue: false, spec: { limits } });
  });
});

describe('secrets', () => {
  it('are for the current run while it is active, and for earlier ones while cleaning up', () => {
    const m = inFull();
    expect(mayResolveSecrets(m, m.runId!)).toBe(true);
    expect(mayResolveSecrets(m, 'run_other')).toBe(false);
    const between = waiting();
    expect(mayResolveSecrets(between, between.runId!)).toBe(false);
    const cancelled = act(m, 'cancel');
    expect(mayResolveSecrets(cancelled, m.runId!)).toBe(true);
    expect(mayResolveSecrets(cancelled, 'run_earlier')).toBe(true);
    expect(mayResolveSecrets(applyRunUnknown(cancelled, context).migration, m.runId!)).toBe(false);
  });
});

describe('random walks', () => {
  /** A small generator (mulberry32), so that a failing walk can be walked again by its seed. */
  const random = (seed: number) => () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };

  const perform = (m: DrivenMigration, effect: EffectKind, pick: () => number): Transition => {
    if (effect === 'precheck') return applyPrecheck(m, { findings: [], estimate: { objects: 1, bytes: 1, complete: true } }, context);
    if (effect === 'next-round') return startNextRound(m, context);
    if (effect === 'build-report') return applyReported(m, context);
    if (effect === 'remove-run') return concludeRemoval(m, context);
    if (effect === 'set-limits') return applyLimitsTold(m, context);
    // A start answers with a run, or not at all.
    if (effect !== 'start-run' && pick() < 0.1) return applyRunUnknown(m, context);
    const statuses = ['running', 'paused', 'succeeded', 'failed', 'cancelled'] as const;
    return applyRunUpdate(m, run(m, { status: statuses[Math.floor(pick() * statuses.length)]! }), context);
  };

  it.each(Array.from({ length: 200 }, (_, seed) => seed))('never get stuck, and raise version and epoch only (seed %i)', (seed) => {
    const pick = random(seed);
    let m = create({ mode: pick() < 0.5 ? 'automatic' : 'manual', finalize: pick() < 0.5 ? 'automatic' : 'manual' });
    let nowMs = context.nowMs;
    for (let step = 0; step < 60 && !isAtRest(m); step += 1) {
      const actions = allowedActions(m).filter((action) => action !== 'cancel' || pick() < 0.1);
      const effect = nextEffect(m, nowMs);
      if (effect === 'nothing') expect(allowedActions(m)).not.toEqual([]);
      if (effect !== 'nothing' && 'waitUntilMs' in effect) nowMs = effect.waitUntilMs;
      const byUser = actions.length > 0 && (effect === 'nothing' || pick() < 0.3);
      const before = m;
      if (byUser) m = applyAction(m, actions[Math.floor(pick() * actions.length)]!, {}, context).migration;
      else if (effect !== 'nothing' && 'do' in effect) m = perform(m, effect.do, pick).migration;
      expect(m.version).toBeGreaterThanOrEqual(before.version);
      expect(m.epoch - before.epoch).toBeLessThanOrEqual(1);
      expect(m.epoch).toBeGreaterThanOrEqual(before.epoch);
      expect(ORDERS).toContain(m.order);
      expect(m.timings.filter((timing) => timing.finishedAt === undefined).length).toBeLessThanOrEqual(1);
    }
  });
});

describe('the ledger of a migration', () => {
  const met = { listedObjects: 4, skippedObjects: 1, skippedByReason: { SYMLINK: 1 }, quarantinedObjects: 1, keptExtraObjects: 3 };

  it('adds up what was done, and counts what was met as the latest run has it', () => {
    const full = succeed(inFull(), { ...met, listedBytes: 40, copiedObjects: 2, copiedBytes: 20, retriedRequests: 1 });
    const first = startNextRound(
      succeed(full, { ...met, copiedObjects: 1, copiedBytes: 10, unchangedObjects: 1, retriedRequests: 1 }),
      context,
    );
    const second = succeed(first.migration, { ...met, unchangedObjects: 2, unchangedBytes: 20 });
    expect(second.ledger).toEqual({
      ...emptyLedger(),
      ...met,
      copiedObjects: 3,
      copiedBytes: 30,
      unchangedObjects: 2,
      unchangedBytes: 20,
      retriedRequests: 2,
    });
  });

  it('keeps what was met until the next run has met something', () => {
    const round = inRound();
    const known = succeed(round, met);
    const next = startNextRound(known, context).migration;
    const running = (ledger: Partial<Ledger>) => applyRunUpdate(next, run(next, { status: 'running', ledger }), context).migration.ledger;
    expect(running({})).toMatchObject(met);
    expect(running({ listedObjects: 1, unchangedObjects: 1 })).toMatchObject({
      listedObjects: 1,
      quarantinedObjects: 0,
      skippedByReason: {},
    });
  });

  it('leaves each run its own counters', () => {
    const m = succeed(succeed(inFull(), met), { ...met, quarantinedObjects: 2 });
    expect(m.timings.map(({ ledger }) => ledger?.quarantinedObjects)).toEqual([undefined, 0, 1, 2]);
    expect(m.ledger.quarantinedObjects).toBe(2);
  });

  it('tells the differences of the latest verification', () => {
    const cutover = inCutover();
    const found = run(cutover, {
      ledger: { verifiedObjects: 3, differentObjects: 2 },
      verification: verification({ equal: false, differenceCount: 2 }),
    });
    const different = applyRunUpdate(cutover, found, context).migration;
    const again = act(different, 'retry');
    expect(succeed(again, { verifiedObjects: 5 }).ledger).toMatchObject({ verifiedObjects: 8, differentObjects: 0 });
  });
});

describe('publicView', () => {
  it('hides what is the driver’s', () => {
    expect(Object.keys(publicView(create()))).not.toEqual(expect.arrayContaining(['order', 'traceContext', 'finishedLedger']));
  });
});

import { applyAction } from './actions';
import type { DrivenMigration, TransitionContext } from './driven-migration';
import { nextEffect } from './effects';
import { EQUAL, newMigration } from './fixtures/every-event';
import { hostScope, type HostLayout, type HostScope } from './host-scope';
import type { BootProof } from './host-state';
import { emptyLedger, type Ledger } from './ledger';
import type { CutoverSpec, HostSpec } from './migration-spec';
import type { Action } from './phase';
import type { RunState } from './run-state';
import { applyPrecheck, applyReported, applyRunUpdate, applyStartFailure, startNextRound } from './transitions';

const START_MS = Date.parse('2026-01-01T00:00:00Z');
let runs = 0;
const context: TransitionContext = { nowMs: START_MS, newRunId: () => `run_${(runs += 1)}` };

const create = (scope: Partial<HostScope> = {}, cutover: Partial<CutoverSpec> = {}): DrivenMigration => {
  const m = newMigration(context, 'host');
  const spec = m.spec as HostSpec;
  return { ...m, spec: { ...spec, host: hostScope(scope), cutover: { ...spec.cutover, ...cutover } } };
};

type Told = Partial<Omit<RunState, 'ledger'>> & { ledger?: Partial<Ledger> };
const tell = (m: DrivenMigration, { ledger, ...told }: Told = {}) =>
  applyRunUpdate(
    m,
    {
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
      ledger: { ...emptyLedger(), ...ledger },
    },
    context,
  ).migration;
const succeed = (m: DrivenMigration, told: Told = {}) => tell(m, { status: 'succeeded', ...told });
const act = (m: DrivenMigration, action: Action) => applyAction(m, action, {}, context).migration;
const standing = ({ phase, status, order }: DrivenMigration) => `${phase}/${status}/${order}`;

const LAYOUT: HostLayout = { boot: 'bios', disks: [], volumeGroups: [], excluded: [] };
const prechecked = (m: DrivenMigration, layout: HostLayout | null = LAYOUT) =>
  applyPrecheck(m, { findings: [], estimate: { objects: 3, bytes: 50, complete: true }, layout }, context).migration;
const copied = (m = create()) => succeed(succeed(prechecked(m)), { ledger: { copiedFiles: 3, copiedBytes: 50 } });
const waiting = (m = create()) => succeed(tell(copied(m)), { prediction: { files: 1, bytes: 10, seconds: 2 } });
const cuttingOver = (m = create()) => tell(act(waiting(m), 'cutover'));
const OPENED: Told = { verification: EQUAL, frozenAt: '2026-01-01T00:00:01Z', openedAt: '2026-01-01T00:00:09Z' };

const BOOT: BootProof = {
  startedAt: '2026-01-01T00:00:00Z',
  answeredAfterMs: 12_000,
  probes: [{ probe: 'ssh', passed: true, detail: '' }],
  actions: [],
  console: 'login:',
};

describe('the life of a host migration', () => {
  it('goes in rounds, and keeps the layout that its precheck proposed', () => {
    const m = waiting();
    expect(standing(m)).toBe('incremental/waiting/none');
    expect(m).toMatchObject({ round: 1, prediction: { files: 1, bytes: 10, seconds: 2 }, spec: { host: { layout: LAYOUT } } });
    expect(nextEffect(m, START_MS)).toMatchObject({ waitUntilMs: START_MS + 60_000 });
    const next = startNextRound(m, context).migration;
    expect(next).toMatchObject({ round: 2, status: 'pending' });
    // What somebody asked for is not another one because the precheck would have it so.
    const own = { ...LAYOUT, boot: 'uefi' as const };
    expect(prechecked(create({ layout: own })).spec).toMatchObject({ host: { layout: { boot: 'uefi' } } });
  });

  it('rehearses between two rounds, and comes back to them with what was seen', () => {
    const m = act(waiting(), 'rehearse');
    expect(standing(m)).toBe('rehearsal/pending/start');
    const back = succeed(tell(m), { boot: BOOT });
    expect(standing(back)).toBe('incremental/pending/start');
    expect(back).toMatchObject({ rehearsal: { answeredAfterMs: 12_000 }, boot: null, rehearsalRequested: false });
    expect(back.findings).toMatchObject([{ code: 'REHEARSAL_PROVED', severity: 'note' }]);
    // The next one has the last word.
    const again = succeed(tell(act(succeed(tell(back)), 'rehearse')), { boot: { ...BOOT, answeredAfterMs: null } });
    expect(again.findings).toMatchObject([{ code: 'REHEARSAL_NOT_PROVED', severity: 'warning' }]);
  });

  it('rehearses after the round in progress, once however often it is asked', () => {
    const running = tell(copied());
    const asked = act(running, 'rehearse');
    expect(standing(asked)).toBe('incremental/running/watch');
    expect(act(asked, 'rehearse')).toBe(asked);
    expect(standing(succeed(asked))).toBe('rehearsal/pending/start');
    // A cutover that is asked for as well comes first.
    expect(standing(succeed(act(asked, 'cutover')))).toBe('cutover/pending/start');
    expect(standing(succeed(act(tell(act(waiting(), 'rehearse')), 'cutover'), { boot: BOOT }))).toBe('cutover/pending/start');
  });

  it('goes back to its rounds when a rehearsal cannot be made, and says why', () => {
    const error = { code: 'HOST_COMMAND_FAILED', message: 'no qemu', hint: 'install it', retryable: false };
    const rehearsing = tell(act(waiting(), 'rehearse'));
    const failed = tell(rehearsing, { status: 'failed', error });
    expect(standing(failed)).toBe('incremental/pending/start');
    expect(failed).toMatchObject({ error: null, findings: [{ code: 'REHEARSAL_FAILED', hint: 'install it' }] });
    const refused = applyStartFailure(act(waiting(), 'rehearse'), error, context).migration;
    expect(refused).toMatchObject({ phase: 'incremental', findings: [{ code: 'REHEARSAL_FAILED' }] });
    // What may pass is tried again.
    expect(standing(tell(rehearsing, { status: 'failed', error: { ...error, retryable: true } }))).toBe('rehearsal/pending/start');
  });

  it('refuses to rehearse before the copy, in a cutover, and after it', () => {
    for (const m of [prechecked(create()), cuttingOver(), applyReported(succeed(cuttingOver(), OPENED), context).migration]) {
      expect(() => act(m, 'rehearse')).toThrow(expect.objectContaining({ code: 'MIGRATION_ACTION_NOT_ALLOWED' }));
    }
  });

  it('is cut over, proved by its boot, and finalized by a run', () => {
    const done = succeed(cuttingOver(), { ...OPENED, boot: BOOT });
    expect(done).toMatchObject({ frozenAt: OPENED.frozenAt, openedAt: OPENED.openedAt, boot: { console: 'login:' } });
    const reversible = applyReported(done, context).migration;
    expect(standing(reversible)).toBe('reversible/waiting/none');
    const finalizing = act(reversible, 'finalize');
    expect(standing(finalizing)).toBe('finalize/pending/start');
    expect(standing(succeed(tell(finalizing)))).toBe('done/pending/report');
  });

  it('settles its source by a run where it is not to be left as it is', () => {
    const settling = applyReported(succeed(cuttingOver(create({ sourceAfter: 'power-off' })), OPENED), context).migration;
    expect(standing(settling)).toBe('reversible/pending/start');
    expect(standing(succeed(tell(settling)))).toBe('reversible/waiting/none');
    const automatic = create({ sourceAfter: 'network-off' }, { finalize: 'automatic' });
    const last = succeed(tell(applyReported(succeed(cuttingOver(automatic), OPENED), context).migration));
    expect(standing(last)).toBe('finalize/pending/start');
  });

  it('is rolled back by a run, and says that nothing is carried back', () => {
    const reversible = applyReported(succeed(cuttingOver(), OPENED), context).migration;
    const ended = succeed(tell(act(reversible, 'rollback')));
    expect(ended).toMatchObject({ phase: 'done', status: 'cancelled' });
    expect(ended.findings).toMatchObject([{ code: 'ROLLED_BACK', message: expect.stringContaining('not carried back') }]);
  });

  it('forgets when its source stopped once that was given back, and remembers where it could not be', () => {
    const error = { code: 'HOST_BOOT_NOT_PROVED', message: 'm', hint: 'h', retryable: false };
    const cutting = tell(cuttingOver(), { frozenAt: OPENED.frozenAt! });
    expect(cutting.frozenAt).toBe(OPENED.frozenAt);
    expect(tell(cutting, { status: 'failed', error, frozenAt: OPENED.frozenAt! })).toMatchObject({ status: 'failed', frozenAt: null });
    const findings = [{ severity: 'warning', code: 'HOST_STILL_STOPPED', message: 'm', hint: 'h', subject: 'source' } as const];
    expect(tell(cutting, { status: 'failed', error, findings, frozenAt: OPENED.frozenAt! }).frozenAt).toBe(OPENED.frozenAt);
  });

  it('stands where it was cut over before it could be cancelled', () => {
    const cancelled = act(cuttingOver(), 'cancel');
    const stands = succeed(cancelled, OPENED);
    expect(stands).toMatchObject({ phase: 'reversible', findings: [{ code: 'CANCELLED_TOO_LATE' }] });
  });
});

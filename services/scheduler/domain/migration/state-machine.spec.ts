import { SmartantError } from '@smartant/kernel';
import { advance, ruleFor } from './advance';
import { allowedActions } from './actions';
import { isAtRest, ORDERS, type DrivenMigration, type TransitionContext } from './driven-migration';
import { EFFECTS, nextEffect, type EffectKind } from './effects';
import { FACT_EVENTS, USER_EVENTS, type EventType } from './events';
import { PHASES, STATUSES } from './phase';
import { MIGRATION_KINDS } from './migration-spec';
import { PHASES_OF, type PhaseExit } from './phases';
import { isOf, STATES, stateRule, waitingFor, type State } from './states';
import { TRANSITIONS, type TransitionRule } from './transition-table';
import { eventsOf, inState, newMigration, SPECS, variantsOf } from './fixtures/every-event';

const context: TransitionContext = { nowMs: Date.parse('2026-01-01T00:00:00Z'), newRunId: () => 'run_next' };
const EVENTS: readonly EventType[] = [...USER_EVENTS, ...FACT_EVENTS];

const ALL: State[] = MIGRATION_KINDS.flatMap((kind) =>
  PHASES.flatMap((phase) => STATUSES.flatMap((status) => ORDERS.map((order) => ({ spec: SPECS[kind], phase, status, order })))),
);
const ofStorage = (state: Omit<State, 'spec'>): State => ({ spec: SPECS.storage, ...state });
const LEGAL = ALL.filter((state) => stateRule(state) !== undefined);
const shortName = ({ phase, status, order }: State) => `${phase}/${status}/${order}`;
const nameOf = (state: State) => `${state.spec.kind} ${shortName(state)}`;

const attempt = (m: DrivenMigration, event: Parameters<typeof advance>[1]) => {
  try {
    return advance(m, event, context);
  } catch (error) {
    return error as SmartantError;
  }
};

/** What `exit` stands for: where the list of phases leads from here. */
function exitsOf(state: State): string[] {
  const phases = PHASES_OF[state.spec.kind];
  const nameOfExit = (to: PhaseExit['to']): string => {
    if (to === 'end') return state.status === 'cancelled' ? 'done/cancelled/none' : 'done/succeeded/none';
    if (to === 'rolled-back') return 'done/cancelled/report';
    if (to === 'run') return `${state.phase}/pending/start`;
    if ('fail' in to) return `${state.phase}/failed/none`;
    if ('wait' in to) return `${state.phase}/waiting/none`;
    const report = phases.find(({ phase }) => phase === to.enter)?.run === 'report';
    return `${to.enter}/pending/${report ? 'report' : 'start'}`;
  };
  return phases.find(({ phase }) => phase === state.phase)!.then.map((exit) => nameOfExit(exit.to));
}

function refusalOf({ spec, phase }: State, type: EventType): string {
  if (!(USER_EVENTS as readonly string[]).includes(type)) return 'MIGRATION_EVENT_UNEXPECTED';
  const early = type === 'cutover' && spec.kind === 'database' && ['precheck', 'prepare', 'full'].includes(phase);
  return early ? 'MIGRATION_CUTOVER_TOO_EARLY' : 'MIGRATION_ACTION_NOT_ALLOWED';
}

const expand = (state: State, to: string): string[] => {
  if (to === 'exit') return exitsOf(state);
  const [phase, status, order] = to
    .split('/')
    .map((part, index) => (part === 'same' ? [state.phase, state.status, state.order][index] : part));
  return [`${phase}/${status}/${order}`];
};

describe('every kind × phase × status × order × event', () => {
  it.each(EVENTS)('%s is a row of the table, and does what the row says, or is refused with a code', (type) => {
    for (const state of ALL) {
      const rule = ruleFor(state, type);
      if (rule === undefined) {
        // Which row is followed does not depend on more than the state.
        const refused = { code: refusalOf(state, type), details: { phase: state.phase, status: state.status } };
        for (const event of eventsOf(type)) expect(attempt(inState(state), event)).toMatchObject(refused);
        continue;
      }
      if (stateRule(state) === undefined) continue;
      const allowed = new Set(rule.to.flatMap((to) => expand(state, to)));
      for (const event of eventsOf(type)) {
        for (const m of variantsOf(state)) {
          const done = attempt(m, event);
          if (done instanceof Error) throw done;
          const to = shortName(done.migration);
          if (!allowed.has(to)) throw new Error(`${nameOf(state)} leads to ${to}, and its row says ${[...allowed].join(' or ')}`);
          if (done.migration.version < m.version + done.changes.length) throw new Error(`${nameOf(state)}: the version does not grow`);
          if (done.migration.epoch < m.epoch) throw new Error(`${nameOf(state)}: the epoch goes back`);
        }
      }
    }
  });

  it('leads from a state that is named to states that are named only', () => {
    const strays = LEGAL.flatMap((state) =>
      EVENTS.flatMap((type) =>
        variantsOf(state).flatMap((m) =>
          eventsOf(type).flatMap((event) => {
            const done = attempt(m, event);
            // The last transition of all: its rows are deleted with it.
            if (done instanceof Error || type === 'removed' || stateRule(done.migration) !== undefined) return [];
            return [`${nameOf(state)} --${type}--> ${nameOf(done.migration)}`];
          }),
        ),
      ),
    );
    expect([...new Set(strays)]).toEqual([]);
  });

  it('names no state, no row and no target that is never reached from a new migration', () => {
    const seen = new Map<string, State>();
    const used = new Set<TransitionRule>();
    const targets = new Set<string>();
    const queue: State[] = MIGRATION_KINDS.map((kind) => newMigration(context, kind));
    for (let state = queue.pop(); state !== undefined; state = queue.pop()) {
      if (seen.has(nameOf(state))) continue;
      seen.set(nameOf(state), state);
      for (const type of EVENTS) {
        const rule = ruleFor(state, type);
        if (rule) used.add(rule);
        for (const m of variantsOf(state)) {
          for (const event of eventsOf(type)) {
            const done = attempt(m, event);
            if (done instanceof Error) continue;
            const reached = shortName(done.migration);
            for (const to of rule!.to) if (expand(state, to).includes(reached)) targets.add(`${TRANSITIONS.indexOf(rule!)} ${to}`);
            if (type !== 'removed') queue.push(done.migration);
          }
        }
      }
    }
    expect([...seen.keys()].sort()).toEqual(LEGAL.map(nameOf).sort());
    expect(TRANSITIONS.filter((rule) => !used.has(rule)).map(({ event, does }) => `${event}: ${does}`)).toEqual([]);
    const unreached = TRANSITIONS.flatMap((rule, index) =>
      rule.to.filter((to) => !targets.has(`${index} ${to}`)).map((to) => `${rule.event} → ${to}`),
    );
    expect(unreached).toEqual([]);
  });
});

describe('every state', () => {
  it.each(LEGAL.map((state) => [nameOf(state), state] as const))(
    '%s has something due, waits for a named reason, or has ended',
    (_name, state) => {
      const rule = stateRule(state)!;
      const m = inState(state);
      const effect = nextEffect(m, context.nowMs);
      if (rule.final) {
        expect({ effect, waiting: waitingFor(m), atRest: isAtRest(m), actions: allowedActions(m) }).toEqual({
          effect: 'nothing',
          waiting: null,
          atRest: true,
          actions: [],
        });
        return;
      }
      expect(isAtRest(m)).toBe(false);
      if (effect !== 'nothing' && 'do' in effect && rule.waitsFor === undefined) return;
      // Nothing is due now: it is known for what it waits, and that is something a user can do.
      expect(waitingFor(m)).toEqual({ reason: rule.waitsFor, until: null, error: null });
      expect(allowedActions(m)).toContain(rule.waitsFor);
    },
  );

  it('can be cancelled or removed', () => {
    for (const state of LEGAL) expect(ruleFor(state, 'remove')).toBeDefined();
  });

  it('is one of those in the documentation’s order, each named once', () => {
    for (const state of LEGAL) {
      const rules = STATES.filter((rule) => isOf(rule, state));
      expect(rules).toHaveLength(1);
    }
  });

  it('says when it goes on, where it does so by itself', () => {
    const at = '2026-01-01T01:00:00.000Z';
    const notBefore = { notBefore: at };
    expect(waitingFor({ ...inState(ofStorage({ phase: 'full', status: 'pending', order: 'start' })), ...notBefore })).toEqual({
      reason: 'next-attempt',
      until: at,
      error: null,
    });
    const between = { ...inState(ofStorage({ phase: 'incremental', status: 'waiting', order: 'none' })), ...notBefore };
    expect(waitingFor(between)).toEqual({ reason: 'cutover', until: at, error: null });
    const watched = inState(ofStorage({ phase: 'cutover', status: 'running', order: 'watch' }));
    const runWait = { reason: 'late-writes' as const, until: at, error: null };
    expect(waitingFor({ ...watched, runWait })).toEqual(runWait);
    // A window that is closed says more than what would be waited for in it, and what is paused waits for its user.
    expect(waitingFor({ ...watched, runWait, opensAt: at })).toMatchObject({ reason: 'window' });
    expect(waitingFor({ ...inState(ofStorage({ phase: 'cutover', status: 'paused', order: 'hold' })), runWait })).toMatchObject({
      reason: 'resume',
    });
  });
});

describe('every effect', () => {
  it('is due in some state, and what it brings is expected there', () => {
    const brings: Record<EffectKind, EventType[]> = {
      precheck: ['prechecked', 'start-refused'],
      'start-run': ['run-goes-on', 'run-paused', 'run-succeeded', 'run-failed', 'start-refused', 'epoch-stale'],
      'get-run': ['run-goes-on', 'run-paused', 'run-succeeded', 'run-failed', 'run-unknown'],
      'pause-run': ['run-goes-on', 'run-paused', 'run-succeeded', 'run-failed', 'run-unknown'],
      'check-paused-run': ['run-goes-on', 'run-paused', 'run-succeeded', 'run-failed', 'run-unknown'],
      'resume-run': ['run-goes-on', 'run-paused', 'run-succeeded', 'run-failed', 'run-unknown'],
      'cancel-run': ['run-goes-on', 'run-paused', 'run-succeeded', 'run-failed', 'run-unknown'],
      'remove-run': ['run-goes-on', 'run-paused', 'run-succeeded', 'run-failed', 'removed'],
      'set-limits': ['limits-told'],
      'build-report': ['report-stored'],
      'next-round': ['round-due'],
    };
    const due = new Set<EffectKind>();
    for (const state of LEGAL) {
      for (const m of variantsOf(state)) {
        const effect = nextEffect(m, context.nowMs);
        if (effect === 'nothing' || !('do' in effect)) continue;
        due.add(effect.do);
        for (const type of [...brings[effect.do], 'effect-stuck'] as EventType[]) {
          expect(`${nameOf(state)} ${effect.do} ${type} ${ruleFor(state, type) !== undefined}`).toMatch(/true$/);
        }
      }
    }
    expect([...due].sort()).toEqual([...EFFECTS].sort());
  });
});

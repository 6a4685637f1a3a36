import { SmartantError } from '@smartant/kernel';
import { clearTrouble } from './apply-other-event';
import { ORDERS, type DrivenMigration, type Transition, type TransitionContext } from './driven-migration';
import { FACT_EVENTS, USER_EVENTS, type EventType, type MigrationEvent } from './events';
import type { MigrationKind } from './migration-spec';
import { PHASES, STATUSES } from './phase';
import { isOf, stateRule, type State } from './states';
import { TRANSITIONS, type TransitionRule } from './transition-table';

/**
 * Takes one event: the only way in which a migration's state changes. Pure. Raises MIGRATION_ACTION_NOT_ALLOWED for what a user may not
 * ask in this state, naming where it is allowed, and MIGRATION_EVENT_UNEXPECTED for a fact that cannot be one in this state.
 */
export function advance(migration: DrivenMigration, event: MigrationEvent, context: TransitionContext): Transition {
  const rule = ruleFor(migration, event.type);
  if (!rule) throw isAsked(event.type) ? notAllowed(migration, event.type) : unexpected(migration, event.type);
  const done = rule.apply(migration, event, context);
  return endsTrouble(migration, event.type, done.migration) ? clearTrouble(done, context) : done;
}

/** The row that is followed; undefined where the event is refused. */
export function ruleFor(state: State, event: EventType): TransitionRule | undefined {
  return TRANSITIONS.find((rule) => rule.event === event && isOf(rule, state));
}

/** What an effect brought has gone through; what a user or a restore changed is another effect from now on. */
function endsTrouble(before: DrivenMigration, event: EventType, after: DrivenMigration): boolean {
  if (before.stuck === null || event === 'effect-stuck') return false;
  const brought = event !== 'revalidate' && (FACT_EVENTS as readonly EventType[]).includes(event);
  return brought || after.order !== before.order || after.runId !== before.runId;
}

function isAsked(event: EventType): boolean {
  return (USER_EVENTS as readonly EventType[]).includes(event);
}

/** What a user can ask now, removal and limits aside. */
export function allowedEvents(migration: State, events: readonly EventType[]): EventType[] {
  return events.filter((event) => ruleFor(migration, event) !== undefined);
}

function notAllowed(migration: DrivenMigration, event: EventType): SmartantError {
  if (event === 'cutover' && isBeforeTheCopyIsDone(migration)) return cutoverTooEarly(migration);
  const states = statesThatAllow(migration, event);
  const phases = [...new Set(states.map((state) => state.phase))];
  const statuses = [...new Set(states.map((state) => state.status))];
  const { phase, status } = migration;
  return new SmartantError('MIGRATION_ACTION_NOT_ALLOWED', `"${event}" is not allowed in ${phase}/${status}.`, {
    kind: 'precondition',
    hint: `It is allowed in phase ${phases.join(' | ')} with status ${statuses.join(' | ')}.${nextHint(migration)}`,
    details: { phase, status, allowedPhases: phases.join(','), allowedStatuses: statuses.join(',') },
  });
}

const statesByEvent = new Map<string, State[]>();

/** States that a migration of this kind can be in, and in which a row is about the event. Worked out once: the table does not change. */
function statesThatAllow({ spec: { kind } }: DrivenMigration, event: EventType): State[] {
  const key = `${kind} ${event}`;
  const known = statesByEvent.get(key) ?? findStates(kind, event);
  statesByEvent.set(key, known);
  return known;
}

function findStates(kind: MigrationKind, event: EventType): State[] {
  const spec = { kind };
  const all = PHASES.flatMap((phase) => STATUSES.flatMap((status) => ORDERS.map((order): State => ({ spec, phase, status, order }))));
  return all.filter((state) => stateRule(state) !== undefined && ruleFor(state, event) !== undefined);
}

function isBeforeTheCopyIsDone({ spec, phase }: DrivenMigration): boolean {
  return spec.kind === 'database' && (phase === 'precheck' || phase === 'prepare' || phase === 'full');
}

function cutoverTooEarly(migration: DrivenMigration): SmartantError {
  const { phase, status } = migration;
  return new SmartantError('MIGRATION_CUTOVER_TOO_EARLY', `The rows are not all copied yet: it is in ${phase}/${status}.`, {
    kind: 'precondition',
    hint: `Cut over once the phase "full" is done: freezing the source before would stop its writers for the whole copy.${nextHint(migration)}`,
    details: { phase, status },
  });
}

function nextHint(migration: DrivenMigration): string {
  const asked = USER_EVENTS.filter((event) => !['remove', 'set-limits', 'retry-failures', 'change-tables'].includes(event));
  const actions = allowedEvents(migration, asked);
  return actions.length > 0 ? ` Allowed now: ${actions.join(', ')}.` : ' Nothing can be asked of it any more.';
}

function unexpected({ id, phase, status, order }: DrivenMigration, event: EventType): SmartantError {
  return new SmartantError('MIGRATION_EVENT_UNEXPECTED', `"${event}" cannot happen in ${phase}/${status} with order ${order}.`, {
    kind: 'internal',
    hint: 'Nothing was changed. If the migration does not go on, cancel it and report this with the trace id.',
    details: { migrationId: id, event, phase, status, order },
  });
}

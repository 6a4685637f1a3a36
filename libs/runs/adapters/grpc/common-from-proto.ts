import { commonV1, type migratorV1 } from '@smartant/contracts';
import { globProblem } from '@smartant/kernel';
import { assertCalendarValid, type Calendar, type Limits as Rates, type Weekday } from '@smartant/shards';
import type { Access, Limits, RunOrder } from '../../run';
import { invalid } from './request-invalid';

/** Raises REQUEST_INVALID, naming the field. */
export function required<T>(value: T | undefined, field: string): T {
  if (value === undefined) throw invalid(field);
  return value;
}

export function accessFromProto(access: migratorV1.Access | undefined): Access {
  const { runId, epoch } = required(access, 'access');
  return { runId, epoch };
}

/** A filter that matches nothing by mistake would migrate nothing, and prove that it did. Raises REQUEST_INVALID for a malformed glob. */
export function assertGlobs(globs: string[], field: string): void {
  globs.forEach((glob, index) => {
    if (globProblem(glob) !== undefined) throw invalid(`${field}.${index}`);
  });
}

/** What a migration is limited by, with what it shares with others. Raises CALENDAR_INVALID. */
export function limitsFromProto(told: Pick<migratorV1.SetLimitsRequest, 'limits' | 'limitsVersion' | 'sharedLimits'>): Limits {
  const calendar = calendarFromProto(told.limits?.calendar);
  if (calendar) assertCalendarValid(calendar, 'limits.calendar');
  const shared = told.sharedLimits.map(({ scope, version, limits }) => ({ scope, version, limits: ratesFromProto(limits) }));
  return { ...ratesFromProto(told.limits), calendar, version: told.limitsVersion, shared };
}

function ratesFromProto(limits: commonV1.Limits | undefined): Rates {
  const { bytesPerSecond = 0, requestsPerSecond = 0, concurrency = 0 } = limits ?? {};
  return { bytesPerSecond, requestsPerSecond, concurrency };
}

function calendarFromProto(calendar: commonV1.Calendar | undefined): Calendar | null {
  if (!calendar) return null;
  const windows = calendar.windows.map(({ days, from, to, limits }) => ({
    days: days as Weekday[],
    from,
    to,
    ...(limits && { limits: ratesFromProto(limits) }),
  }));
  return { timeZone: calendar.timeZone, windows, outside: calendar.outside ? ratesFromProto(calendar.outside) : 'stop' };
}

/** What of an order is the same for all kinds of migrations. Raises REQUEST_INVALID, also for a phase that is no run of this migrator. */
export function orderCommonsFromProto<Phase extends string>(
  request: migratorV1.StartPhaseRequest,
  phases: readonly Phase[],
): Omit<RunOrder, 'phase' | 'source' | 'target' | 'scope'> & { phase: Phase } {
  const { runId, migrationId, workspaceId, epoch, sourceFrozen, round, priority } = request;
  for (const [field, value] of Object.entries({ runId, migrationId, epoch })) if (!value) throw invalid(field);
  const name = commonV1.phaseToJSON(request.phase).replace('PHASE_', '').toLowerCase();
  const phase = phases.find((candidate) => candidate === name);
  if (phase === undefined) throw invalid('phase');
  if (priority > 9) throw invalid('priority');
  const limits = limitsFromProto(request);
  return { runId, migrationId, workspaceId, epoch, sourceFrozen, round, phase, limits, priority: priority || undefined };
}

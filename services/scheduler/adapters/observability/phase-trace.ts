import { derivedTrace } from '@smartant/platform/telemetry';
import type { DrivenMigration } from '../../domain/migration/driven-migration';
import type { PhaseTiming } from '../../domain/migration/migration';

type Traced = Pick<DrivenMigration, 'id' | 'createdAt' | 'traceContext' | 'timings'>;

/** What begins in the first minutes belongs to the trace of the request: a short migration is one trace. */
const OF_THE_REQUEST_MS = 10 * 60_000;

/**
 * The trace that a phase belongs to (default: the current one), as headers. A migration may last for months and a trace may not: what
 * begins later than ten minutes after the request has a trace of its own, a round of a phase each, linked to the request's. Its ids come of
 * the migration, so that every replica knows them.
 */
export function phaseTrace(migration: Traced, timing = migration.timings.at(-1)): Record<string, string> {
  const own = timing && ownTraceOf(migration, timing);
  return own ? derivedTrace(own) : migration.traceContext;
}

/** The seed of the phase's own trace; null: it belongs to the request's. */
export function ownTraceOf({ id, createdAt }: Traced, { phase, round, startedAt }: PhaseTiming): string | null {
  return Date.parse(startedAt) - Date.parse(createdAt) < OF_THE_REQUEST_MS ? null : `${id}/${phase}/${round}/${startedAt}`;
}

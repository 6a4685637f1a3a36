import type { TraceSpan, TraceStore, UnitName } from '../ports/trace-store';
import type { Caller, Failure } from '../use-cases';

export interface FoundTrace {
  traceId: string;
  store: TraceStore['kind'];
  /** Oldest first. */
  spans: TraceSpan[];
  /** There are more. */
  truncated: boolean;
  /** Where Jaeger shows it; null: this installation names none. */
  viewUrl: string | null;
}

export interface UnitTrace {
  unit: UnitName;
  store: TraceStore['kind'];
  /** Of all its attempts and phases that were recorded, with what is below them; oldest first. */
  spans: TraceSpan[];
  truncated: boolean;
  /** What stands on record about it: lasts as long as the migration, also when its traces are gone. */
  failures: Failure[];
}

export interface TraceUseCases {
  /** Raises TRACE_UNIT_UNFIT for a unit that a migration of this kind does not have. */
  ofUnit(caller: Caller, migrationId: string, unit: UnitName, signal: AbortSignal): Promise<UnitTrace>;
  /** What of a trace belongs to the caller's workspace; all of it for administrators. Raises TRACE_NOT_FOUND. */
  trace(caller: Caller, traceId: string, signal: AbortSignal): Promise<FoundTrace>;
}

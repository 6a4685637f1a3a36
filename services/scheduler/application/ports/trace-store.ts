/** One span, as whoever keeps traces gives it back. */
export interface TraceSpan {
  traceId: string;
  spanId: string;
  /** Null: the root of its trace. */
  parentSpanId: string | null;
  name: string;
  service: string;
  /** The machine or pod that it ran on; empty: not told. */
  host: string;
  /** RFC 3339. */
  startedAt: string;
  durationMs: number;
  failed: boolean;
  /** Of a failure, where it had one. */
  errorCode: string | null;
  message: string | null;
  attributes: Record<string, string>;
}

export const UNIT_KINDS = ['object', 'table', 'path'] as const;
export type UnitKind = (typeof UNIT_KINDS)[number];

/** A unit of work of a migration: the key of an object, a table ("schema.table"), the path of a file at its host. */
export interface UnitName {
  kind: UnitKind;
  name: string;
}

export interface UnitSearch {
  migrationId: string;
  unit: UnitName;
  /** Nothing of it can be older. */
  since: Date;
  /** Service names of those who move such units. */
  services: string[];
}

export interface FoundSpans {
  spans: TraceSpan[];
  /** There are more, which were left out. */
  truncated: boolean;
}

/** Where spans are kept. Raises TRACE_STORE_UNAVAILABLE (backoff). */
export interface TraceStore {
  readonly kind: 'files' | 'jaeger' | 'none';
  /** Spans of a unit with all below them, oldest first. */
  findUnit(search: UnitSearch, signal: AbortSignal): Promise<FoundSpans>;
  /** All spans of a trace, oldest first; none: there is no such trace, or not any more. */
  trace(traceId: string, signal: AbortSignal): Promise<FoundSpans>;
}

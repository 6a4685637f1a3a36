import type { Calendar, ScopedLimits } from '@smartant/shards';

/** `cancelling`: its work has stopped and what it left behind is being cleaned up; told to callers as running. */
export type RunStatus = 'running' | 'paused' | 'cancelling' | 'failed' | 'succeeded' | 'cancelled';

/** For all workers of a migration together; 0: no limit. */
export interface Limits {
  bytesPerSecond: number;
  requestsPerSecond: number;
  /** Units in flight: objects, tables. */
  concurrency: number;
  /** When it may move data; null or absent: at any time. */
  calendar?: Calendar | null;
  /** Grows with each change of these limits. Absent: 0. */
  version?: number;
  /** What its endpoints and its workspace allow all their migrations together. */
  shared?: ScopedLimits[];
}

export interface Endpoint<Location extends { kind: string } = { kind: string }> {
  id: string;
  workspaceId: string;
  location: Location;
}

/** Under which the secrets of a run's endpoints are asked for. */
export interface Access {
  runId: string;
  epoch: number;
}

export interface Finding {
  severity: 'blocker' | 'warning' | 'note';
  code: string;
  message: string;
  /** What to do, in words. */
  hint: string;
  subject: 'source' | 'target' | 'both';
  fix?: Fix;
}

/** What sets a finding right, at its subject. */
export interface Fix {
  /** Run one by one. */
  statements: string[];
  /** It changes nothing that applications see, loses nothing, and holds no lock for long. Others are for somebody who knows the server. */
  isSafe: boolean;
  /** It counts once the server was restarted. */
  needsRestart: boolean;
}

/** A fix that was run. */
export interface AppliedFix extends Pick<Fix, 'statements' | 'needsRestart'> {
  /** Of the finding. */
  code: string;
  subject: 'source' | 'target';
  /** Null: all statements were run. */
  error: RunError | null;
}

export interface RunError {
  code: string;
  message: string;
  hint: string;
  retryable: boolean;
}

/** What the scheduler asks for. Each kind of migration narrows `phase`, `source`, `target` and `scope`. */
export interface RunOrder extends Access {
  migrationId: string;
  workspaceId: string;
  phase: string;
  round: number;
  source: Endpoint;
  target: Endpoint;
  /** `quarantineCap`: open quarantined units of the migration allowed before a run stops. */
  scope: { quarantineCap: number };
  limits: Limits;
  /** Among the migrations of its workspace: 1 (low) to 9 (high); absent: 5. */
  priority?: number;
  sourceFrozen: boolean;
}

/** What becomes of an order. Counters are with the run's shards. */
export interface RunState {
  status: RunStatus;
  /** From an estimate; 0: unknown. */
  expectedObjects: number;
  expectedBytes: number;
  error: RunError | null;
  findings: Finding[];
  verification: object | null;
  /** RFC 3339. */
  startedAt: string;
  finishedAt: string | null;
  /** The trace of the call that started it; empty when there was none. */
  trace: Record<string, string>;
}

/** One attempt at a phase, as it is kept. */
export interface Run extends RunOrder, RunState {}

export function hasEnded(status: RunStatus): boolean {
  return status === 'failed' || status === 'succeeded' || status === 'cancelled';
}

export type FailureState = 'open' | 'retrying' | 'resolved' | 'waived';

/** A quarantined unit of a migration. */
export interface Failure {
  id: string;
  runId: string;
  unit: string;
  code: string;
  message: string;
  attempts: number;
  traceId: string;
  firstFailedAt: string;
  lastFailedAt: string;
  state: FailureState;
}

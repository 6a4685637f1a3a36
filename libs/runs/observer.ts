import type { SmartantError } from '@smartant/kernel';
import type { Run } from './run';
import type { Tx } from './stores';

export type Attributes = Record<string, string | number | boolean>;

/** How the work is seen from outside: spans, logs and metrics. None of it ever changes what the work does. */
export interface Observer {
  /** Runs `work` in a span, with run and shard in the log context. */
  span<T>(name: string, attributes: Attributes, work: () => Promise<T>): Promise<T>;
  /** A unit of work: its span is sampled. */
  unit<T>(name: string, attributes: Attributes, work: () => Promise<T>): Promise<T>;
  /** Records a failed unit always, and resolves with the trace id under which it is found. */
  failure(name: string, attributes: Attributes, error: SmartantError): string;
  /** The trace of the caller, to be kept with a run so that its shards belong to it wherever they are worked on. */
  carryTrace(): Record<string, string>;
  /** Runs `work` as part of a trace that was carried. */
  underTrace<T>(carrier: Record<string, string>, work: () => Promise<T>): Promise<T>;
  info(message: string, attributes: Attributes): void;
  warn(message: string, attributes: Attributes, error?: unknown): void;
  claimed(kind: string, takenOver: boolean): void;
}

/** What a log line about a run names it by. */
export function runFields<R extends Pick<Run, 'workspaceId' | 'migrationId' | 'runId' | 'phase'>>(run: R) {
  const { workspaceId, migrationId, runId, phase } = run;
  return { workspaceId, migrationId, runId, phase };
}

/** Facts for the scheduler: written in the transaction that makes them true. */
export interface RunEvents {
  ended(tx: Tx, run: Pick<Run, 'runId' | 'migrationId' | 'workspaceId' | 'epoch' | 'status'>): Promise<void>;
}

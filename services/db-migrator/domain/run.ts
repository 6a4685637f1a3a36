import type { DatabaseLocation } from '@smartant/connectors';
import type { Endpoint as AnyEndpoint, Run as AnyRun, RunOrder as AnyOrder } from '@smartant/runs';
import type { DatabaseScope } from './database-scope';
import type { RunPhase } from './stages';
import type { StreamState } from './stream-state';
import type { KeptVerification } from './verification';

export type Endpoint = AnyEndpoint<DatabaseLocation>;

export interface RunOrder extends AnyOrder {
  phase: RunPhase;
  source: Endpoint;
  target: Endpoint;
  scope: DatabaseScope;
}

/** One attempt at a phase, as it is kept. Counters are with its shards. */
export interface Run extends RunOrder, Omit<AnyRun, keyof RunOrder> {
  verification: KeptVerification | null;
  /** As the stream told last. */
  stream: StreamState | null;
  /** Of a cutover: when the source stopped taking writes, and when the target was opened (RFC 3339). */
  frozenAt: string | null;
  openedAt: string | null;
}

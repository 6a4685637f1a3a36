import type { HostLocation } from '@smartant/connectors';
import type { Endpoint as AnyEndpoint, Run as AnyRun, RunOrder as AnyOrder } from '@smartant/runs';
import type { BootProof } from './boot-proof';
import type { HostScope } from './host-scope';
import type { RunPhase } from './stages';
import type { KeptVerification } from './verification';

export type Endpoint = AnyEndpoint<HostLocation>;

export interface RunOrder extends AnyOrder {
  phase: RunPhase;
  source: Endpoint;
  target: Endpoint;
  scope: HostScope;
}

/** What the final delta would be now. */
export interface DeltaPrediction {
  files: number;
  bytes: number;
  seconds: number;
}

/** One attempt at a phase, as it is kept. Counters are with its shards. */
export interface Run extends RunOrder, Omit<AnyRun, keyof RunOrder> {
  verification: KeptVerification | null;
  /** Of a rehearsal, or of the target after a cutover. */
  boot: BootProof | null;
  /** Of a round that has ended. */
  prediction: DeltaPrediction | null;
  /** Of a cutover: when services of the source were stopped, and when the target was proved (RFC 3339). */
  frozenAt: string | null;
  openedAt: string | null;
}

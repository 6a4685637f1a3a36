import type { Access, Endpoint } from './run';

/** The secrets of endpoints. `Secret`: what an endpoint of this migrator needs to be opened. */
export interface SecretSource<Secret = unknown, E extends Endpoint = Endpoint> {
  /** The endpoint's secret, from memory while it may be kept. Raises CREDENTIAL_… and what the scheduler's connection raises. */
  resolve(access: Access, endpoint: E, signal: AbortSignal): Promise<Secret>;
  /** Forgets what is in memory, because the endpoint refused it. */
  forget(access: Access, endpoint: E): void;
  /** The run has no work in this process now: its secrets go soon, unless there is more. */
  release(access: Access): void;
}

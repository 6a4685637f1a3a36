import type { StorageSecret } from '@smartant/connectors';
import type { Access, Endpoint } from '../../domain/run';

export interface SecretSource {
  /** The endpoint's secret, from memory while it may be kept. Raises CREDENTIAL_… and what the scheduler's connection raises. */
  resolve(access: Access, endpoint: Endpoint, signal: AbortSignal): Promise<StorageSecret>;
  /** Forgets what is in memory, because the store refused it. */
  forget(access: Access, endpoint: Endpoint): void;
  /** The run has no work in this process now: its secrets go soon, unless there is more. */
  release(access: Access): void;
}

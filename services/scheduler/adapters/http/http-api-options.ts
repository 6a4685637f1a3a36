import type { Logger } from '@smartant/platform/logging';
import type { RefusalLog } from '../../application/audit/refusal-log';
import type { Identity } from '../../application/identity/identity';
import type { SchedulerUseCases } from '../../application/use-cases';
import type { SchedulerGate } from '../admission';
import type { RequestRate } from './access/request-rate';

/** What the API is built on. */
export interface HttpApiOptions {
  useCases: SchedulerUseCases;
  identity: Identity;
  /** Of the platform, for example "0.1.0". */
  version: string;
  mode: 'embedded' | 'distributed';
  logger: Logger;
  /** Where browsers reach the API; absent: only the host that a request names counts as its own origin. */
  publicUrl?: string;
  /** Decides which requests are taken on. Started and stopped by whoever made it. */
  gate: SchedulerGate;
  /** Where requests that were refused for who asked are noted; absent: nowhere. */
  refusals?: Pick<RefusalLog, 'note'>;
  /** What one caller may ask of this process; DEFAULT_REQUEST_RATE when absent. */
  requestRate?: RequestRate;
}

/** Injection tokens of the module. */
export const OPTIONS = Symbol('smartant:http-api-options');
export const USE_CASES = Symbol('smartant:use-cases');
export const IDENTITY = Symbol('smartant:identity');
export const LOGGER = Symbol('smartant:http-logger');

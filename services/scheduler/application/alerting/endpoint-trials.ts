import { createHash } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { SmartantError, toSmartantError } from '@smartant/kernel';
import { kindOfLocation } from '../../domain/endpoint/endpoint-kind';
import type { Endpoint } from '../../domain/endpoint/endpoint';
import type { MigrationError } from '../../domain/migration/migration';
import { resolveEndpoint } from '../endpoints/resolve-endpoint';
import type { AlertObserver } from '../ports/alert-observer';
import type { DueEndpoint } from '../ports/alerting';
import type { Migrators } from '../ports/migrator';
import type { UnitOfWork } from '../ports/unit-of-work';

export interface EndpointTrialsOptions {
  unitOfWork: UnitOfWork;
  migrators: Migrators;
  observer: Pick<AlertObserver, 'tried' | 'lookFailed'>;
  /** Between two attempts at an endpoint that can be reached; one that cannot is tried again sooner. */
  everyMs: number;
}

/** Attempts at once, of each replica: what an endpoint that hangs costs. */
const AT_ONCE = 4;
/** Longer than an attempt can last. */
const CLAIM_MS = 120_000;
const AGAIN_MS = 60_000;
/** An endpoint that hangs must not hold the end of a process up. */
const STOP_MS = 2_000;

/** Tries the endpoints that migrations in progress use, each by one replica at a time, and keeps what came of it. */
export class EndpointTrials {
  private readonly underway = new Set<Promise<void>>();
  private isStopped = false;

  constructor(private readonly options: EndpointTrialsOptions) {}

  /** Begins as many attempts as there is room for, and waits for none of them. */
  async tick(): Promise<void> {
    const free = AT_ONCE - this.underway.size;
    if (this.isStopped || free <= 0) return;
    const { endpointTrials } = this.options.unitOfWork.direct;
    await endpointTrials.forgetUnused();
    for (const due of await endpointTrials.claim(free, CLAIM_MS)) {
      const attempt = this.attempt(due)
        .catch((error: unknown) => this.options.observer.lookFailed(error))
        .finally(() => this.underway.delete(attempt));
      this.underway.add(attempt);
    }
  }

  /** Begins nothing more, and waits a moment for what is under way: an attempt that is left is made again by another replica. */
  async stop(): Promise<void> {
    this.isStopped = true;
    const leave = new AbortController();
    const aMoment = delay(STOP_MS, undefined, { signal: leave.signal }).catch(() => undefined);
    await Promise.race([Promise.all(this.underway), aMoment]);
    leave.abort();
  }

  private async attempt(due: DueEndpoint): Promise<void> {
    const { unitOfWork, observer, everyMs } = this.options;
    const { endpoints, endpointTrials } = unitOfWork.direct;
    const endpoint = await endpoints.find(due.workspaceId, due.endpointId);
    if (!endpoint) return;
    const outcome = await this.try(endpoint);
    observer.tried(outcome.as);
    const nextMs = jittered(outcome.as === 'failed' ? Math.min(AGAIN_MS, everyMs) : everyMs);
    if (outcome.as === 'not-tried') await endpointTrials.postpone(due, nextMs);
    else await endpointTrials.settle(due, outcome.error, nextMs);
  }

  private async try(endpoint: Endpoint): Promise<Outcome> {
    const { unitOfWork, migrators } = this.options;
    const { id, workspaceId, location } = endpoint;
    const kind = kindOfLocation(location);
    const probeId = trialId(id);
    const { probes } = unitOfWork.direct;
    try {
      const migrator = migrators.of(kind);
      const resolved = await resolveEndpoint(unitOfWork.direct, endpoint);
      // One that died at it may have left it open.
      await probes.close(probeId);
      await probes.open({ id: probeId, epoch: 1, workspaceId, endpoints: [{ id, sealed: null }], kind }, CLAIM_MS);
      const { reachable, findings } = await migrator.probe(resolved, { runId: probeId, epoch: 1 });
      return reachable ? { as: 'reached', error: null } : { as: 'failed', error: reasonOf(findings) };
    } catch (error) {
      return failureOf(toSmartantError(error));
    } finally {
      await probes.close(probeId);
    }
  }
}

type Outcome = { as: 'reached'; error: null } | { as: 'failed'; error: MigrationError } | { as: 'not-tried' };

/** The same for each attempt at an endpoint: uses of its credentials are on record once an hour, not once a minute. */
function trialId(endpointId: string): string {
  return `probe_${createHash('sha256').update(endpointId).digest('hex').slice(0, 32)}`;
}

/** Codes of the way to the migrator, of its own database and of the scheduler's: errors of endpoints have other ones (docs/errors). */
const NOT_OF_THE_ENDPOINT = /^(RPC_|ADMISSION_|MIGRATOR_|RUN_|VAULT_|CREDENTIAL|INTERNAL|CANCELLED|DATABASE_UNAVAILABLE)/;

/** Of a migrator that is away, and of a fault of our own, nothing follows about the endpoint. */
function failureOf(error: SmartantError): Outcome {
  const { code, message, hint } = error;
  if (NOT_OF_THE_ENDPOINT.test(code)) return { as: 'not-tried' };
  return { as: 'failed', error: { code, message, hint: hint ?? '', retryable: true } };
}

function reasonOf(findings: readonly { severity: string; code: string; message: string; hint: string }[]): MigrationError {
  const found = findings.find(({ severity }) => severity === 'blocker') ?? findings[0];
  if (!found) return { code: 'ENDPOINT_UNREACHABLE', message: 'It could not be reached.', hint: '', retryable: true };
  return { code: found.code, message: found.message, hint: found.hint, retryable: true };
}

/** Endpoints that came into use together are not tried together for ever. */
function jittered(ms: number): number {
  return ms * (0.9 + Math.random() / 5);
}

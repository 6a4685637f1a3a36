import { SmartantError } from '@smartant/kernel';
import type { EndpointSecret } from '../../domain/endpoint/endpoint';
import { mayResolveSecrets } from '../../domain/migration/driven-migration';
import type { UnitOfWork } from '../ports/unit-of-work';
import { endpointContext, type Vault } from '../ports/vault';
import type { CallOrigin } from '../use-cases';
import { secretLost } from '../endpoints/secret-lost';
import { RecordedUses } from './recorded-uses';
import { useFact } from './use-fact';

/** The migrator kinds, by the name in their certificate. */
const KIND_OF_CALLER: Record<string, string> = { 'storage-migrator': 'storage', 'db-migrator': 'database', 'host-migrator': 'host' };

const SECRET_TTL_SECONDS = 300;

export interface CredentialRequest {
  /** Of a run or a probe. */
  runId: string;
  epoch: number;
  endpointId: string;
  /** The common name of the caller's certificate, or its service account where a mesh tells callers apart. Null: nobody says who calls. */
  caller: string | null;
  origin?: CallOrigin;
}

export interface ResolvedSecret {
  secret: EndpointSecret;
  ttlSeconds: number;
}

interface Grant {
  workspaceId: string;
  kind: string;
  endpoints: { id: string; sealed: string | null }[];
}

export interface ResolveCredentialsOptions {
  unitOfWork: UnitOfWork;
  vault: Vault;
  /** For what could not be recorded. */
  warn: (fields: object, message: string) => void;
}

/**
 * Gives a migrator the secret of one endpoint, for the run (or probe) that is open right now and for nothing else.
 *
 * A use is on record before the secret leaves (see `RecordedUses`): without a record there is no secret, and the caller, which may keep
 * what it has for minutes, asks again. A refusal stands whether or not it could be recorded.
 * Raises CREDENTIAL_RUN_NOT_ACTIVE, CREDENTIAL_EPOCH_STALE, CREDENTIAL_ENDPOINT_FORBIDDEN, CREDENTIAL_CALLER_FORBIDDEN,
 * CREDENTIAL_CALLER_UNKNOWN, ENDPOINT_SECRET_LOST, VAULT_* and DATABASE_*.
 */
export class ResolveCredentials {
  private readonly recorded = new RecordedUses();

  constructor(private readonly options: ResolveCredentialsOptions) {}

  async resolve(request: CredentialRequest): Promise<ResolvedSecret> {
    let workspaceId: string | null = null;
    try {
      const grant = await this.grant(request, (id) => (workspaceId = id));
      const secret = await this.open(grant.workspaceId, grant.endpoint);
      assertSecretFits(secret, request.caller);
      await this.record(request, grant.workspaceId, null);
      return { secret, ttlSeconds: SECRET_TTL_SECONDS };
    } catch (error) {
      if (error instanceof SmartantError && error.code.startsWith('CREDENTIAL_')) await this.recordRefusal(request, workspaceId, error);
      throw error;
    }
  }

  /** `found` hears of the workspace as soon as it is known, for the record of a refusal. */
  private async grant(
    request: CredentialRequest,
    found: (workspaceId: string) => void,
  ): Promise<{ workspaceId: string; endpoint: Grant['endpoints'][number] }> {
    if (request.caller === null) throw callerUnknown();
    const grant = request.runId.startsWith('probe_') ? await this.probeGrant(request) : await this.runGrant(request, found);
    found(grant.workspaceId);
    if (KIND_OF_CALLER[request.caller] !== grant.kind) {
      throw refused('CREDENTIAL_CALLER_FORBIDDEN', `"${request.caller}" has no part in this run.`, 'forbidden');
    }
    const endpoint = grant.endpoints.find((candidate) => candidate.id === request.endpointId);
    if (!endpoint) throw refused('CREDENTIAL_ENDPOINT_FORBIDDEN', 'The endpoint does not belong to this run.', 'forbidden');
    return { workspaceId: grant.workspaceId, endpoint };
  }

  private async runGrant({ runId, epoch }: CredentialRequest, hear: (workspaceId: string) => void): Promise<Grant> {
    const found = await this.options.unitOfWork.direct.migrations.findByRun(runId);
    if (!found) throw notActive();
    const { migration } = found;
    hear(migration.workspaceId);
    if (found.epoch !== epoch) throw refused('CREDENTIAL_EPOCH_STALE', `Epoch ${epoch} of the run is not its current one.`, 'precondition');
    if (!mayResolveSecrets(migration, runId)) throw notActive();
    const { sourceEndpointId, targetEndpointId, kind } = migration.spec;
    return {
      workspaceId: migration.workspaceId,
      kind,
      endpoints: [sourceEndpointId, targetEndpointId].map((id) => ({ id, sealed: null })),
    };
  }

  private async probeGrant({ runId, epoch }: CredentialRequest): Promise<Grant> {
    const probe = await this.options.unitOfWork.direct.probes.find(runId);
    if (!probe || probe.epoch !== epoch) throw notActive();
    return probe;
  }

  private async open(workspaceId: string, endpoint: { id: string; sealed: string | null }): Promise<EndpointSecret> {
    const { unitOfWork, vault } = this.options;
    const stored = endpoint.sealed ?? (await unitOfWork.direct.endpoints.sealedSecret(endpoint.id))?.sealed;
    if (stored === undefined) throw refused('CREDENTIAL_ENDPOINT_FORBIDDEN', 'The endpoint is gone.', 'forbidden');
    if (stored === '') throw secretLost();
    const plaintext = await vault.open(endpointContext(workspaceId, endpoint.id), stored);
    try {
      return JSON.parse(plaintext.toString('utf8')) as EndpointSecret;
    } finally {
      plaintext.fill(0);
    }
  }

  private async record(request: CredentialRequest, workspaceId: string | null, code: string | null): Promise<void> {
    if (this.recorded.has(request, code)) return;
    const actor = { userId: `service:${request.caller ?? 'unknown'}`, origin: request.origin };
    await this.options.unitOfWork.direct.audit.append(actor, useFact(request, workspaceId, code));
    this.recorded.add(request, code);
  }

  private async recordRefusal(request: CredentialRequest, workspaceId: string | null, { code }: SmartantError): Promise<void> {
    await this.record(request, workspaceId, code).catch((error: unknown) =>
      this.options.warn({ err: error, code, runId: request.runId }, 'a refused use of credentials could not be recorded'),
    );
  }
}

/** Each migrator is given secrets of its own kind of place, whatever its run names. */
function assertSecretFits(secret: EndpointSecret, caller: string | null): void {
  const kind = { s3: 'storage', password: 'database', ssh: 'host', none: null }[secret.kind];
  if (kind === null || KIND_OF_CALLER[caller ?? ''] === kind) return;
  throw refused('CREDENTIAL_ENDPOINT_FORBIDDEN', `"${caller}" has no part in endpoints of kind "${kind}".`, 'forbidden');
}

function notActive(): SmartantError {
  return refused('CREDENTIAL_RUN_NOT_ACTIVE', 'The run or probe is not active.', 'precondition');
}

function callerUnknown(): SmartantError {
  return new SmartantError('CREDENTIAL_CALLER_UNKNOWN', 'Neither a certificate nor the mesh says who asks for credentials.', {
    kind: 'forbidden',
    actor: 'operator',
    hint: 'Give all services mutual TLS, or run them in a mesh whose sidecars forward x-forwarded-client-cert.',
  });
}

function refused(code: string, message: string, kind: 'forbidden' | 'precondition'): SmartantError {
  return new SmartantError(code, message, {
    kind,
    actor: 'bug',
    hint: 'The migrator drops this run; the scheduler opens another when it is needed.',
  });
}

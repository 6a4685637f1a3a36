import { SmartantError } from '@smartant/kernel';
import type { EndpointSecret } from '../../domain/endpoint/endpoint';
import { mayResolveSecrets } from '../../domain/migration/driven-migration';
import type { UnitOfWork } from '../ports/unit-of-work';
import { endpointContext, type Vault } from '../ports/vault';

/** The migrator kinds, by the name in their certificate. */
const KIND_OF_CALLER: Record<string, string> = { 'storage-migrator': 'storage', 'db-migrator': 'database', 'host-migrator': 'host' };

const SECRET_TTL_SECONDS = 300;

export interface CredentialRequest {
  /** Of a run or a probe. */
  runId: string;
  epoch: number;
  endpointId: string;
  /** The common name of the caller's certificate; null where the mesh, and not TLS of ours, tells callers apart. */
  caller: string | null;
}

interface Grant {
  workspaceId: string;
  kind: string;
  endpoints: { id: string; sealed: string | null }[];
}

/**
 * Gives a migrator the secret of one endpoint, for the run (or probe) that is open right now and for nothing else.
 * Raises CREDENTIAL_RUN_NOT_ACTIVE, CREDENTIAL_EPOCH_STALE, CREDENTIAL_ENDPOINT_FORBIDDEN, CREDENTIAL_CALLER_FORBIDDEN.
 */
export class ResolveCredentials {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly vault: Vault,
  ) {}

  async resolve(request: CredentialRequest): Promise<{ secret: EndpointSecret; ttlSeconds: number }> {
    const grant = request.runId.startsWith('probe_') ? await this.probeGrant(request) : await this.runGrant(request);
    if (request.caller !== null && KIND_OF_CALLER[request.caller] !== grant.kind) {
      throw refused('CREDENTIAL_CALLER_FORBIDDEN', `"${request.caller}" has no part in this run.`, 'forbidden');
    }
    const endpoint = grant.endpoints.find((candidate) => candidate.id === request.endpointId);
    if (!endpoint) throw refused('CREDENTIAL_ENDPOINT_FORBIDDEN', 'The endpoint does not belong to this run.', 'forbidden');
    return { secret: await this.open(grant.workspaceId, endpoint), ttlSeconds: SECRET_TTL_SECONDS };
  }

  private async runGrant({ runId, epoch }: CredentialRequest): Promise<Grant> {
    const found = await this.unitOfWork.direct.migrations.findByRun(runId);
    if (!found) throw notActive();
    const { migration } = found;
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
    const probe = await this.unitOfWork.direct.probes.find(runId);
    if (!probe || probe.epoch !== epoch) throw notActive();
    return probe;
  }

  private async open(workspaceId: string, endpoint: { id: string; sealed: string | null }): Promise<EndpointSecret> {
    const stored = endpoint.sealed ?? (await this.unitOfWork.direct.endpoints.sealedSecret(endpoint.id))?.sealed;
    if (stored === undefined) throw refused('CREDENTIAL_ENDPOINT_FORBIDDEN', 'The endpoint is gone.', 'forbidden');
    const plaintext = await this.vault.open(endpointContext(workspaceId, endpoint.id), stored);
    return JSON.parse(plaintext.toString('utf8')) as EndpointSecret;
  }
}

function notActive(): SmartantError {
  return refused('CREDENTIAL_RUN_NOT_ACTIVE', 'The run or probe is not active.', 'precondition');
}

function refused(code: string, message: string, kind: 'forbidden' | 'precondition'): SmartantError {
  return new SmartantError(code, message, {
    kind,
    actor: 'bug',
    hint: 'The migrator drops this run; the scheduler opens another when it is needed.',
  });
}

import { newId, SmartantError } from '@smartant/kernel';
import { assertAdmin } from '../access';
import type { AuditFact } from '../ports/audit';
import type { OidcClient } from '../ports/oidc-client';
import type { Vault } from '../ports/vault';
import type { Caller } from '../use-cases';
import type { AccountUnitOfWork } from './account-stores';
import { oidcProviderNameTaken, oidcProviderNotFound } from './oidc-errors';
import type { OidcMapping } from './oidc-mapping';
import { oidcProviderContext, type OidcProvider } from './oidc-store';

export interface OidcProviderInput {
  name: string;
  issuer: string;
  clientId: string;
  clientSecret: string;
  scopes: string;
  /** `workspace`: id or name. */
  mappings: (Omit<OidcMapping, 'workspaceId'> & { workspace: string })[];
  linkVerifiedEmail: boolean;
  assumeSecondFactor: boolean;
  secondFactorAcr: string[];
}

/** The providers that users may sign in with. For administrators. */
export class OidcProviders {
  constructor(
    private readonly unitOfWork: AccountUnitOfWork,
    private readonly vault: Pick<Vault, 'seal'>,
    private readonly client: OidcClient,
  ) {}

  /** Speaks to the issuer before anything is kept. Raises OIDC_PROVIDER_FAILED, OIDC_PROVIDER_NAME_TAKEN, WORKSPACE_NOT_FOUND, EGRESS_*. */
  async add(caller: Caller, input: OidcProviderInput): Promise<OidcProvider> {
    assertAdmin(caller);
    const { name, issuer, clientId, clientSecret, scopes, linkVerifiedEmail, assumeSecondFactor, secondFactorAcr } = input;
    await this.client.check({ issuer, clientId, clientSecret, scopes });
    const id = newId('idp');
    const mappings = await Promise.all(input.mappings.map((mapping) => this.resolved(mapping)));
    const sealedSecret = await this.vault.seal(oidcProviderContext(id), Buffer.from(clientSecret, 'utf8'));
    await this.unitOfWork.transaction(async ({ oidc, audit }) => {
      const provider = { id, name, issuer, clientId, scopes, mappings, linkVerifiedEmail, assumeSecondFactor, secondFactorAcr };
      if (!(await oidc.addProvider({ ...provider, sealedSecret }))) throw oidcProviderNameTaken(name);
      await audit.append(caller, { ...fact('identity-provider.create', id, name), after: shownToAuditors(provider) });
    });
    const added = await this.unitOfWork.direct.oidc.providerByName(name);
    if (!added) throw oidcProviderNotFound(name);
    return added;
  }

  list(caller: Caller): Promise<OidcProvider[]> {
    assertAdmin(caller);
    return this.unitOfWork.direct.oidc.listProviders();
  }

  /** For everybody: what the page of sign-in has buttons for. */
  async names(): Promise<{ name: string }[]> {
    return (await this.unitOfWork.direct.oidc.listProviders()).map(({ name }) => ({ name }));
  }

  /** Nobody signs in with it any more; users who did keep their sessions and places. Raises OIDC_PROVIDER_NOT_FOUND. */
  async remove(caller: Caller, name: string): Promise<void> {
    assertAdmin(caller);
    await this.unitOfWork.transaction(async ({ oidc, audit }) => {
      const removed = await oidc.removeProvider(name);
      if (!removed) throw oidcProviderNotFound(name);
      await audit.append(caller, { ...fact('identity-provider.remove', removed.id, name), before: shownToAuditors(removed) });
    });
  }

  private async resolved({ workspace, ...mapping }: OidcProviderInput['mappings'][number]): Promise<OidcMapping> {
    const workspaceId = await this.unitOfWork.direct.oidc.workspaceId(workspace);
    if (workspaceId !== null) return { ...mapping, workspaceId };
    throw new SmartantError('WORKSPACE_NOT_FOUND', `There is no workspace "${workspace}".`, {
      kind: 'not-found',
      hint: 'Name one that exists, by id or name.',
    });
  }
}

function fact(action: string, id: string, name: string): AuditFact {
  const target = { kind: 'identity-provider', id, name };
  return { action, workspaceId: null, target, before: null, after: null, outcome: 'done', code: null };
}

function shownToAuditors(provider: Omit<OidcProvider, 'createdAt'>) {
  const { issuer, clientId, scopes, mappings, linkVerifiedEmail, assumeSecondFactor, secondFactorAcr } = provider;
  return { issuer, clientId, scopes, mappings, linkVerifiedEmail, assumeSecondFactor, secondFactorAcr };
}

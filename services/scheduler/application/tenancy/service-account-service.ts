import { newId, SmartantError } from '@smartant/kernel';
import { assertOwner } from '../access';
import { apiKeyNameTaken, apiKeyRoleTooHigh } from '../identity/api-keys';
import type { ApiKey } from '../identity/identity-store';
import { apiKeySecrets, pepperedDigest } from '../identity/opaque-token';
import { hashOfNoPassword } from '../identity/password-hash';
import { weaker } from '../identity/sign-in';
import type { ServiceAccount } from '../ports/tenancy';
import type { Stores, UnitOfWork } from '../ports/unit-of-work';
import type { Caller } from '../use-cases';
import { assertRoleWithin } from './assert-role';
import { confirmOwner } from './confirm-role';
import { doneFact } from '../audit/facts';
import type { MemberRole, ServiceAccountUseCases } from './tenancy-use-cases';

export class ServiceAccountService implements ServiceAccountUseCases {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly pepper: string,
  ) {}

  list(caller: Caller): Promise<ServiceAccount[]> {
    assertOwner(caller);
    return this.unitOfWork.reads.serviceAccounts.list(caller.workspaceId);
  }

  async create(caller: Caller, { name, role }: { name: string; role: MemberRole }): Promise<ServiceAccount> {
    assertOwner(caller);
    assertRoleWithin(caller, role);
    const { workspaceId, userId: createdBy } = caller;
    const passwordHash = await hashOfNoPassword();
    return this.unitOfWork.transaction(async (stores) => {
      const { serviceAccounts, audit } = stores;
      await confirmOwner(stores, caller);
      const account = await serviceAccounts.insert({ id: newId('usr'), workspaceId, name, role, createdBy, passwordHash });
      await audit.append(caller, doneFact('service-account.create', workspaceId, targetOf(account), { after: detailOf(account) }));
      return account;
    });
  }

  update(caller: Caller, idOrName: string, change: { role?: MemberRole; disabled?: boolean }): Promise<ServiceAccount> {
    assertOwner(caller);
    if (change.role !== undefined) assertRoleWithin(caller, change.role);
    return this.unitOfWork.transaction(async (stores) => {
      await confirmOwner(stores, caller);
      const before = await requireServiceAccount(stores, caller, idOrName);
      const after = { ...before, role: change.role ?? before.role, disabled: change.disabled ?? before.disabled };
      await stores.members.setRole(caller.workspaceId, before.id, after.role);
      await stores.users.setDisabled(before.id, after.disabled);
      const detail = { before: detailOf(before), after: detailOf(after) };
      await stores.audit.append(caller, doneFact('service-account.update', caller.workspaceId, targetOf(after), detail));
      return after;
    });
  }

  remove(caller: Caller, idOrName: string): Promise<void> {
    assertOwner(caller);
    return this.unitOfWork.transaction(async (stores) => {
      await confirmOwner(stores, caller);
      const account = await requireServiceAccount(stores, caller, idOrName);
      await stores.serviceAccounts.remove(account.id);
      const detail = { before: detailOf(account) };
      await stores.audit.append(caller, doneFact('service-account.remove', caller.workspaceId, targetOf(account), detail));
    });
  }

  async createApiKey(
    caller: Caller,
    idOrName: string,
    input: { name: string; role?: MemberRole; expiresInDays?: number },
  ): Promise<{ key: ApiKey; secret: string }> {
    assertOwner(caller);
    const secret = apiKeySecrets.make();
    const { workspaceId } = caller;
    const key = await this.unitOfWork.transaction(async (stores) => {
      await confirmOwner(stores, caller);
      const account = await requireServiceAccount(stores, caller, idOrName);
      const role = input.role ?? account.role;
      if (weaker(role, account.role) !== role) throw apiKeyRoleTooHigh(role, account.role);
      const made = await stores.serviceAccounts.addApiKey({
        id: newId('key'),
        workspaceId,
        userId: account.id,
        name: input.name,
        role,
        prefix: apiKeySecrets.visiblePart(secret),
        digest: pepperedDigest(this.pepper, secret),
        expiresInDays: input.expiresInDays ?? null,
        madeWith: caller.origin?.credential ?? null,
      });
      if (!made) throw apiKeyNameTaken(input.name);
      const target = { kind: 'api-key', id: made.id, name: made.name };
      const after = { role, serviceAccountId: account.id, expiresAt: made.expiresAt };
      await stores.audit.append(caller, doneFact('api-key.create', workspaceId, target, { after }));
      return made;
    });
    return { key, secret };
  }
}

/** One that the caller may change: its role is not above the caller's. Raises SERVICE_ACCOUNT_NOT_FOUND and ROLE_TOO_HIGH. */
async function requireServiceAccount(stores: Stores, caller: Caller, idOrName: string): Promise<ServiceAccount> {
  const found = await stores.serviceAccounts.find(caller.workspaceId, idOrName);
  if (!found) {
    throw new SmartantError('SERVICE_ACCOUNT_NOT_FOUND', `There is no service account "${idOrName}" in this workspace.`, {
      kind: 'not-found',
      hint: 'List the service accounts to see their names.',
    });
  }
  assertRoleWithin(caller, found.role);
  return found;
}

function targetOf({ id, name }: ServiceAccount) {
  return { kind: 'service-account', id, name };
}

function detailOf({ name, role, disabled }: ServiceAccount) {
  return { name, role, disabled };
}

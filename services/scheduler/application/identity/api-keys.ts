import { newId, SmartantError } from '@smartant/kernel';
import { doneFact } from '../audit/facts';
import type { AuditDetail, AuditTarget } from '../ports/audit';
import type { Caller } from '../use-cases';
import type { ApiKey, IdentityStore } from './identity-store';
import { apiKeySecrets, pepperedDigest } from './opaque-token';
import { weaker } from './sign-in';

export interface ApiKeyInput {
  name: string;
  /** The caller's own role when absent. */
  role?: Caller['role'];
  /** Never expires when absent. */
  expiresInDays?: number;
}

/** The API keys of the caller's workspace. */
export class ApiKeys {
  constructor(
    private readonly store: IdentityStore,
    private readonly pepper: string,
  ) {}

  /** `secret` is handed out here and never again. Raises API_KEY_ROLE_TOO_HIGH and API_KEY_NAME_TAKEN. */
  async create(caller: Caller, input: ApiKeyInput): Promise<{ key: ApiKey; secret: string }> {
    const role = input.role ?? caller.role;
    if (weaker(role, caller.role) !== role) throw apiKeyRoleTooHigh(role, caller.role);
    const secret = apiKeySecrets.make();
    const { workspaceId, userId } = caller;
    const { name, expiresInDays = null } = input;
    const madeWith = caller.origin?.credential ?? null;
    const kept = { prefix: apiKeySecrets.visiblePart(secret), digest: pepperedDigest(this.pepper, secret) };
    const key = await this.store.transaction(async (store, audit) => {
      const added = await store.addApiKey({ id: newId('key'), workspaceId, userId, name, role, expiresInDays, madeWith, ...kept });
      if (added) await audit.append(caller, doneFact('api-key.create', workspaceId, targetOf(added), { after: detailOf(added) }));
      return added;
    });
    if (key) return { key, secret };
    throw apiKeyNameTaken(input.name);
  }

  /** Keys in use, oldest first, without their secrets. */
  list(caller: Caller): Promise<ApiKey[]> {
    return this.store.listApiKeys(caller.workspaceId);
  }

  /** Raises API_KEY_NOT_FOUND. */
  async revoke(caller: Caller, id: string): Promise<void> {
    const revoked = await this.store.transaction(async (store, audit) => {
      const key = await store.revokeApiKey(caller.workspaceId, id);
      if (key) await audit.append(caller, doneFact('api-key.revoke', caller.workspaceId, targetOf(key), { before: detailOf(key) }));
      return key;
    });
    if (revoked) return;
    throw new SmartantError('API_KEY_NOT_FOUND', 'There is no such API key.', {
      kind: 'not-found',
      hint: 'List them with GET /v1/api-keys.',
    });
  }
}

const targetOf = ({ id, name }: ApiKey): AuditTarget => ({ kind: 'api-key', id, name });

/** Neither the key nor what it is checked by. */
function detailOf({ userId, role, expiresAt }: ApiKey): AuditDetail {
  return { userId, role, expiresAt };
}

/** `own`: of the user that the key is for. */
export function apiKeyRoleTooHigh(role: Caller['role'], own: Caller['role']): SmartantError {
  return new SmartantError('API_KEY_ROLE_TOO_HIGH', `A key can't have the role ${role}: its user is ${own}.`, {
    kind: 'forbidden',
    hint: "Ask for the user's own role or a lower one.",
  });
}

export function apiKeyNameTaken(name: string): SmartantError {
  return new SmartantError('API_KEY_NAME_TAKEN', `There is an API key named "${name}" already.`, {
    kind: 'conflict',
    hint: 'Choose another name, or revoke that key first.',
    fields: [{ field: 'name', message: 'is taken' }],
  });
}

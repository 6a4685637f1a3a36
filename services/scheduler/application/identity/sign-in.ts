import { SmartantError } from '@smartant/kernel';
import { doneFact } from '../audit/facts';
import type { RefusalLog } from '../audit/refusal-log';
import type { CallOrigin } from '../use-cases';
import type { AccessTokens, TokenSubject } from './access-tokens';
import { chooseMembership } from './choose-membership';
import type { ApiKey, IdentityStore, Membership, User } from './identity-store';
import { apiKeySecrets, pepperedDigest } from './opaque-token';
import { noteRefusedSignIn, type PasswordInput, type PasswordProof } from './password-proof';
import { ROLES_BY_POWER, type Role } from './permissions';
import type { SecondFactorCheck } from './second-factor-check';
import type { IssuedSession, Sessions, Visit } from './sessions';

export interface IssuedToken {
  accessToken: string;
  expiresInSeconds: number;
  subject: TokenSubject;
  /** Null for an API key, which can be exchanged again at any time. */
  session: IssuedSession | null;
}

export interface SignInOptions {
  store: IdentityStore;
  proof: PasswordProof;
  tokens: AccessTokens;
  /** Secret that API keys are hashed with. */
  pepper: string;
  sessions: Sessions;
  secondFactor: SecondFactorCheck;
  refusals: Pick<RefusalLog, 'note'>;
}

/** Exchanges what a user knows, or an API key, for an access token. */
export class SignIn {
  constructor(private readonly options: SignInOptions) {}

  /**
   * Raises what `PasswordProof` raises. Of users with a second factor it raises SECOND_FACTOR_REQUIRED, once the password is right and
   * `code` is absent, and SECOND_FACTOR_WRONG. The workspace (id or name) is looked at last; raises what `chooseMembership` raises, and
   * SECOND_FACTOR_ENROLMENT_REQUIRED to users without one where it is compulsory.
   */
  async withPassword(input: PasswordInput & { code?: string; workspace?: string }): Promise<IssuedToken> {
    const { store, proof, sessions, secondFactor } = this.options;
    const { user, origin } = await proof.begin(input);
    const shown = await secondFactor.assert(user.id, input.code, { userId: user.id, origin });
    await proof.succeeded(input);
    const membership = chooseMembership(await store.memberships(user.id), input.workspace);
    return sessions.open(user, membership, { method: 'password', secondFactor: shown }, input);
  }

  /** Raises API_KEY_INVALID for a key that is unknown, expired or revoked, and WORKSPACE_FORBIDDEN for one of another workspace. */
  async withApiKey(apiKey: string, from: Visit & { workspace?: string } = { address: '' }): Promise<IssuedToken> {
    const found = apiKeySecrets.looksLike(apiKey) ? await this.options.store.useApiKey(pepperedDigest(this.options.pepper, apiKey)) : null;
    const membership =
      found && (await this.options.store.memberships(found.user.id)).find(({ workspace }) => workspace.id === found.key.workspaceId);
    if (!found || !membership) {
      const refusal = new SmartantError('API_KEY_INVALID', 'The API key is unknown, expired or revoked.', {
        kind: 'unauthenticated',
        hint: 'Make a new one with POST /v1/api-keys.',
      });
      noteRefusedSignIn(this.options.refusals, refusal, null, { address: from.address, credential: null, traceId: from.traceId ?? null });
      throw refusal;
    }
    chooseMembership([membership], from.workspace);
    await this.noteKeyUse(found, from);
    // A user who lost power since must not keep it through an old key.
    return this.issue(found.user, { ...membership, role: weaker(found.key.role, membership.role) }, found.key.id);
  }

  /** A key is exchanged each quarter of an hour: the trail tells of the first time in a day from each address. */
  private async noteKeyUse({ key, user }: { key: ApiKey; user: User }, from: Visit): Promise<void> {
    const origin: CallOrigin = { address: from.address, credential: key.id, traceId: from.traceId ?? null };
    await this.options.store.transaction(async (store, audit) => {
      if (!(await store.isFirstUseToday(key.id, from.address))) return;
      const target = { kind: 'api-key', id: key.id, name: key.name };
      await audit.append({ userId: user.id, origin }, doneFact('api-key.use', key.workspaceId, target));
    });
  }

  private async issue(user: User, { workspace, role }: Membership, credential: string): Promise<IssuedToken> {
    const { id: userId, username } = user;
    const subject = { userId, username, workspaceId: workspace.id, workspaceName: workspace.name, role, credential };
    return {
      accessToken: await this.options.tokens.issue(subject),
      expiresInSeconds: this.options.tokens.lifeSeconds,
      subject,
      session: null,
    };
  }
}

export function weaker(one: Role, other: Role): Role {
  return ROLES_BY_POWER.indexOf(one) < ROLES_BY_POWER.indexOf(other) ? one : other;
}

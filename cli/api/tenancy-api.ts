import type { Client } from 'openapi-fetch';
import type { paths, Schema } from '@smartant/contracts/openapi';
import type { Send } from './account-api';

export type Workspace = Schema<'Workspace'>;
export type Member = Schema<'Member'>;
export type User = Schema<'User'>;
export type Invitation = Schema<'Invitation'>;
export type ServiceAccount = Schema<'ServiceAccount'>;
export type ApiKey = Schema<'ApiKey'>;
export type QuotaState = Schema<'Quotas'>;
export type MemberRole = Schema<'UpdateMemberRequest'>['role'];

/** Workspaces, and who is in them. */
export class TenancyApi {
  constructor(
    private readonly client: Client<paths>,
    private readonly path: { ws: string },
    private readonly send: Send,
  ) {}

  async workspaces(): Promise<Workspace[]> {
    return (await this.send(this.client.GET('/v1/workspaces'))).items;
  }

  createWorkspace(name: string): Promise<Workspace> {
    return this.send(this.client.POST('/v1/admin/workspaces', { body: { name } }));
  }

  updateWorkspace(idOrName: string, body: Schema<'UpdateWorkspaceRequest'>): Promise<Workspace> {
    return this.send(this.client.PATCH('/v1/admin/workspaces/{idOrName}', { params: { path: { idOrName } }, body }));
  }

  signInRules(): Promise<Schema<'SignInRules'>> {
    return this.send(this.client.GET('/v1/workspaces/{ws}/sign-in-rules', { params: { path: this.path } }));
  }

  setSignInRules(body: Schema<'UpdateSignInRulesRequest'>): Promise<Schema<'SignInRules'>> {
    return this.send(this.client.PATCH('/v1/workspaces/{ws}/sign-in-rules', { params: { path: this.path }, body }));
  }

  /** Of the session's own workspace when none is named. */
  quotas(idOrName?: string): Promise<QuotaState> {
    if (idOrName === undefined) return this.send(this.client.GET('/v1/workspaces/{ws}/quotas', { params: { path: this.path } }));
    return this.send(this.client.GET('/v1/admin/workspaces/{idOrName}/quotas', { params: { path: { idOrName } } }));
  }

  setQuotas(idOrName: string, body: Schema<'UpdateQuotasRequest'>): Promise<QuotaState> {
    return this.send(this.client.PATCH('/v1/admin/workspaces/{idOrName}/quotas', { params: { path: { idOrName } }, body }));
  }

  async members(): Promise<Member[]> {
    return (await this.send(this.client.GET('/v1/workspaces/{ws}/members', { params: { path: this.path } }))).items;
  }

  addMember(username: string, role: MemberRole): Promise<Member> {
    return this.send(this.client.POST('/v1/workspaces/{ws}/members', { params: { path: this.path }, body: { username, role } }));
  }

  setMemberRole(userId: string, role: MemberRole): Promise<Member> {
    const params = { path: { ...this.path, userId } };
    return this.send(this.client.PATCH('/v1/workspaces/{ws}/members/{userId}', { params, body: { role } }));
  }

  async removeMember(userId: string): Promise<void> {
    await this.send(this.client.DELETE('/v1/workspaces/{ws}/members/{userId}', { params: { path: { ...this.path, userId } } }));
  }

  async users(): Promise<User[]> {
    const items: User[] = [];
    let pageToken: string | undefined;
    do {
      const page = await this.send(this.client.GET('/v1/admin/users', { params: { query: { pageSize: 200, pageToken } } }));
      items.push(...page.items);
      pageToken = page.nextPageToken ?? undefined;
    } while (pageToken);
    return items;
  }

  setUserDisabled(user: string, disabled: boolean): Promise<User> {
    return this.send(this.client.PATCH('/v1/admin/users/{user}', { params: { path: { user } }, body: { disabled } }));
  }

  async invitations(): Promise<Invitation[]> {
    return (await this.send(this.client.GET('/v1/workspaces/{ws}/invitations', { params: { path: this.path } }))).items;
  }

  invite(body: Schema<'CreateInvitationRequest'>): Promise<Schema<'CreatedInvitation'>> {
    return this.send(this.client.POST('/v1/workspaces/{ws}/invitations', { params: { path: this.path }, body }));
  }

  async revokeInvitation(id: string): Promise<void> {
    await this.send(this.client.DELETE('/v1/workspaces/{ws}/invitations/{id}', { params: { path: { ...this.path, id } } }));
  }

  acceptInvitation(body: Schema<'AcceptInvitationRequest'>): Promise<Schema<'Token'>> {
    return this.send(this.client.POST('/v1/invitations/accept', { body }));
  }

  joinWorkspace(token: string): Promise<Schema<'AcceptedInvitation'>> {
    return this.send(this.client.POST('/v1/invitations/join', { body: { token } }));
  }

  async serviceAccounts(): Promise<ServiceAccount[]> {
    return (await this.send(this.client.GET('/v1/workspaces/{ws}/service-accounts', { params: { path: this.path } }))).items;
  }

  createServiceAccount(name: string, role: MemberRole): Promise<ServiceAccount> {
    return this.send(this.client.POST('/v1/workspaces/{ws}/service-accounts', { params: { path: this.path }, body: { name, role } }));
  }

  updateServiceAccount(idOrName: string, body: Schema<'UpdateServiceAccountRequest'>): Promise<ServiceAccount> {
    const params = { path: { ...this.path, idOrName } };
    return this.send(this.client.PATCH('/v1/workspaces/{ws}/service-accounts/{idOrName}', { params, body }));
  }

  async removeServiceAccount(idOrName: string): Promise<void> {
    const params = { path: { ...this.path, idOrName } };
    await this.send(this.client.DELETE('/v1/workspaces/{ws}/service-accounts/{idOrName}', { params }));
  }

  createServiceAccountKey(idOrName: string, body: Schema<'CreateServiceAccountKeyRequest'>): Promise<Schema<'CreatedApiKey'>> {
    const params = { path: { ...this.path, idOrName } };
    return this.send(this.client.POST('/v1/workspaces/{ws}/service-accounts/{idOrName}/api-keys', { params, body }));
  }

  /** Of all users of the workspace. */
  async apiKeys(): Promise<ApiKey[]> {
    return (await this.send(this.client.GET('/v1/api-keys'))).items;
  }
}

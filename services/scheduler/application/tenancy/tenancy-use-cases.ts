import type { Quotas, QuotaUse } from '../../domain/tenancy/quotas';
import type { ApiKey } from '../identity/identity-store';
import type { Role } from '../identity/permissions';
import type { Invitation, Member, PlatformUser, ServiceAccount, WorkspaceRecord } from '../ports/tenancy';
import type { CallOrigin, Caller, Page, PageRequest } from '../use-cases';

/** A role that can be given: `admin` is the platform's own. */
export type MemberRole = Exclude<Role, 'admin'>;

/** Of a workspace as one of its people sees it. */
export type OwnWorkspace = WorkspaceRecord & { role: Role };

export interface TenantUseCases {
  /** Those that the caller can act in, disabled ones too, oldest first: all of them for an administrator. */
  list(caller: Caller): Promise<OwnWorkspace[]>;
  /** Administrators only; the caller becomes its first owner. Raises WORKSPACE_NAME_TAKEN. */
  create(caller: Caller, name: string): Promise<OwnWorkspace>;
  /** Administrators only. Raises WORKSPACE_NOT_FOUND, WORKSPACE_NAME_TAKEN, and WORKSPACE_IS_OWN for disabling the one the caller is in. */
  update(caller: Caller, idOrName: string, change: { name?: string; disabled?: boolean }): Promise<OwnWorkspace>;
}

/** Owners, for the people of their workspace. */
export interface MemberUseCases {
  list(caller: Caller): Promise<Member[]>;
  /** By user name. Raises USER_NOT_FOUND, MEMBER_EXISTS, ROLE_TOO_HIGH. */
  add(caller: Caller, input: { username: string; role: MemberRole }): Promise<Member>;
  /** Raises MEMBER_NOT_FOUND, MEMBER_LAST_OWNER, ROLE_TOO_HIGH. */
  setRole(caller: Caller, userId: string, role: MemberRole): Promise<Member>;
  /** With the API keys that the member has there. Raises MEMBER_NOT_FOUND, MEMBER_LAST_OWNER, ROLE_TOO_HIGH. */
  remove(caller: Caller, userId: string): Promise<void>;
}

/** Administrators only. */
export interface UserUseCases {
  list(caller: Caller, page: PageRequest): Promise<Page<PlatformUser>>;
  /** By id or name; holds within seconds for tokens that are out. Raises USER_NOT_FOUND, and USER_LAST_ADMIN. */
  setDisabled(caller: Caller, idOrName: string, disabled: boolean): Promise<PlatformUser>;
}

export interface InvitationInput {
  /** Whom it is meant for: an address or a name. */
  invitee: string;
  role: MemberRole;
  expiresInHours: number;
}

export interface InvitationUseCases {
  /** Owners. The token is handed out here and never again. Raises ROLE_TOO_HIGH. */
  create(caller: Caller, input: InvitationInput): Promise<{ invitation: Invitation; token: string }>;
  /** Owners. Those that can still be accepted. */
  list(caller: Caller): Promise<Invitation[]>;
  /** Owners. Raises INVITATION_NOT_FOUND. */
  revoke(caller: Caller, id: string): Promise<void>;
  /** Makes an account and a member of it. Raises INVITATION_INVALID, USER_NAME_TAKEN, and what the password policy raises. */
  acceptAsNew(input: { token: string; username: string; password: string }, origin: CallOrigin): Promise<AcceptedInvitation>;
  /** Makes the caller a member. Raises INVITATION_INVALID, MEMBER_EXISTS, and INVITATION_NOT_FOR_PROGRAMS for a service account. */
  join(caller: Caller, token: string): Promise<AcceptedInvitation>;
}

export interface AcceptedInvitation {
  workspace: { id: string; name: string };
  userId: string;
  role: Role;
}

/** Owners, for the programs of their workspace. */
export interface ServiceAccountUseCases {
  list(caller: Caller): Promise<ServiceAccount[]>;
  /** Raises SERVICE_ACCOUNT_NAME_TAKEN, ROLE_TOO_HIGH. */
  create(caller: Caller, input: { name: string; role: MemberRole }): Promise<ServiceAccount>;
  /** By id or name. Raises SERVICE_ACCOUNT_NOT_FOUND, ROLE_TOO_HIGH. */
  update(caller: Caller, idOrName: string, change: { role?: MemberRole; disabled?: boolean }): Promise<ServiceAccount>;
  /** With its API keys. Raises SERVICE_ACCOUNT_NOT_FOUND, ROLE_TOO_HIGH. */
  remove(caller: Caller, idOrName: string): Promise<void>;
  /** `secret` is handed out here and never again. Raises SERVICE_ACCOUNT_NOT_FOUND, API_KEY_NAME_TAKEN, API_KEY_ROLE_TOO_HIGH. */
  createApiKey(
    caller: Caller,
    idOrName: string,
    input: { name: string; role?: MemberRole; expiresInDays?: number },
  ): Promise<{ key: ApiKey; secret: string }>;
}

export interface QuotaState {
  quotas: Quotas;
  use: QuotaUse;
}

export interface QuotaUseCases {
  /** Of the caller's workspace. */
  ofOwn(caller: Caller): Promise<QuotaState>;
  /** Administrators only. Raises WORKSPACE_NOT_FOUND. */
  of(caller: Caller, idOrName: string): Promise<QuotaState>;
  /** Administrators only. Fields that are absent stay as they are. What is above a lowered quota stays; limits above a ceiling come down to it. */
  set(caller: Caller, idOrName: string, change: Partial<Quotas>): Promise<QuotaState>;
}

import type { Quotas, QuotaUse } from '../../domain/tenancy/quotas';
import type { ApiKey, NewApiKey } from '../identity/identity-store';
import type { Role } from '../identity/permissions';

export interface WorkspaceRecord {
  id: string;
  name: string;
  /** Nobody can act in it; what runs goes on. */
  disabled: boolean;
  /** Nobody acts in it by a session without a second factor. */
  secondFactorRequired: boolean;
  createdAt: string;
}

/** A person with a role in a workspace. */
export interface Member {
  userId: string;
  username: string;
  role: Role;
  /** Of the user, by an administrator of the platform. */
  disabled: boolean;
  joinedAt: string;
}

/** A person of the platform. */
export interface PlatformUser {
  id: string;
  username: string;
  platformAdmin: boolean;
  disabled: boolean;
  createdAt: string;
  workspaces: { id: string; name: string; role: Role }[];
}

export interface Invitation {
  id: string;
  workspaceId: string;
  /** Whom it is meant for, as the inviter put it: an address or a name. It binds nobody; the token does. */
  invitee: string;
  role: Role;
  invitedBy: string;
  createdAt: string;
  expiresAt: string;
}

/** A user without a password that belongs to one workspace, for programs. */
export interface ServiceAccount {
  /** A user id. */
  id: string;
  workspaceId: string;
  name: string;
  role: Role;
  disabled: boolean;
  createdBy: string;
  createdAt: string;
}

export interface WorkspaceStore {
  find(idOrName: string): Promise<WorkspaceRecord | null>;
  /** The same with its row locked until the transaction ends: who owns it, and what it may use, is decided one change at a time. */
  lock(idOrName: string): Promise<WorkspaceRecord | null>;
  /** Oldest first. */
  list(): Promise<WorkspaceRecord[]>;
  /** Those that a user is a member of, with its role in them, oldest first. */
  ofUser(userId: string): Promise<(WorkspaceRecord & { role: Role })[]>;
  /** Raises WORKSPACE_NAME_TAKEN. */
  insert(workspace: Pick<WorkspaceRecord, 'id' | 'name'>): Promise<WorkspaceRecord>;
  /** Raises WORKSPACE_NAME_TAKEN. */
  update(workspace: Pick<WorkspaceRecord, 'id' | 'name' | 'disabled'>): Promise<void>;
  setSecondFactorRequired(id: string, required: boolean): Promise<void>;
}

/** People only: service accounts have a store of their own. */
export interface MemberStore {
  /** By name. */
  list(workspaceId: string): Promise<Member[]>;
  find(workspaceId: string, userId: string): Promise<Member | null>;
  /** False, and nothing changed, when the user is a member already. */
  add(workspaceId: string, userId: string, role: Role): Promise<boolean>;
  /** Also of service accounts. */
  setRole(workspaceId: string, userId: string, role: Role): Promise<void>;
  /** Revokes the API keys that the user has there, too. */
  remove(workspaceId: string, userId: string): Promise<void>;
  /** Owners who can sign in. */
  countOwners(workspaceId: string): Promise<number>;
}

/** People only. */
export interface UserStore {
  /** Newest first, older than `beforeId`. */
  page(beforeId: string | null, limit: number): Promise<PlatformUser[]>;
  /** The name is matched without regard to case. */
  find(idOrName: string): Promise<PlatformUser | null>;
  /** Raises USER_NAME_TAKEN. */
  insert(user: { id: string; username: string; passwordHash: string }): Promise<void>;
  /** Also of service accounts. */
  setDisabled(id: string, disabled: boolean): Promise<void>;
  /** Ids of administrators who can sign in, with all administrators locked until the transaction ends. */
  lockAdmins(): Promise<string[]>;
  /** The role that a user has in a workspace now; null: none, or the user is disabled or gone. */
  roleIn(userId: string, workspaceId: string): Promise<Role | null>;
}

export interface InvitationStore {
  insert(invitation: Omit<Invitation, 'createdAt' | 'expiresAt'> & { digest: Buffer; expiresInHours: number }): Promise<Invitation>;
  /** Those that can still be accepted, newest first. */
  list(workspaceId: string): Promise<Invitation[]>;
  /** One that can still be accepted. */
  findOpen(digest: Buffer): Promise<Invitation | null>;
  /** Uses it up. Null: somebody was quicker, or it was revoked or has expired meanwhile. */
  take(digest: Buffer, userId: string): Promise<Invitation | null>;
  /** Null when the workspace has no such open one. */
  revoke(workspaceId: string, id: string): Promise<Invitation | null>;
}

export interface ServiceAccountStore {
  /** By name. */
  list(workspaceId: string): Promise<ServiceAccount[]>;
  find(workspaceId: string, idOrName: string): Promise<ServiceAccount | null>;
  /** Raises SERVICE_ACCOUNT_NAME_TAKEN. */
  insert(
    account: Pick<ServiceAccount, 'id' | 'workspaceId' | 'name' | 'role' | 'createdBy'> & { passwordHash: string },
  ): Promise<ServiceAccount>;
  /** With its API keys. */
  remove(id: string): Promise<void>;
  /** Null when the name is taken in the workspace. */
  addApiKey(key: NewApiKey): Promise<ApiKey | null>;
}

export interface QuotaStore {
  /** `NO_QUOTAS` where none were ever set. */
  find(workspaceId: string): Promise<Quotas>;
  /** The same; where some are set, locked until the transaction ends, so that no two creations take the last place. */
  lock(workspaceId: string): Promise<Quotas>;
  save(workspaceId: string, quotas: Quotas): Promise<void>;
  use(workspaceId: string): Promise<QuotaUse>;
}

import type { AuditStore } from '../ports/audit';
import type { MemberStore, UserStore, WorkspaceStore } from '../ports/tenancy';
import type { User } from './identity-store';
import type { OidcStore } from './oidc-store';
import type { SecondFactorStore } from './second-factor-store';
import type { SigningKeyStore } from './signing-key-service';
import type { SessionStore } from './session-store';

/** What people change about their own accounts, in one transaction with the trail of it. */
export interface AccountStores {
  accounts: AccountStore;
  sessions: SessionStore;
  secondFactors: SecondFactorStore;
  signingKeys: SigningKeyStore;
  oidc: OidcStore;
  workspaces: Pick<WorkspaceStore, 'find' | 'lock' | 'setSecondFactorRequired'>;
  users: Pick<UserStore, 'roleIn'>;
  members: MemberStore;
  audit: AuditStore;
}

export interface AccountUnitOfWork {
  /** Single statements, each committed by itself. */
  readonly direct: AccountStores;
  /** Committed when `work` resolves, rolled back when it throws. `work` may run again, so it must have no effects outside the stores. */
  transaction<T>(work: (stores: AccountStores) => Promise<T>): Promise<T>;
}

export interface AccountStore {
  find(userId: string): Promise<User | null>;
  /** Whether the user may act in a workspace that is not disabled. */
  hasPlace(userId: string, workspaceId: string): Promise<boolean>;
  setPasswordHash(userId: string, passwordHash: string): Promise<void>;
}

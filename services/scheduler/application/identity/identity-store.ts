import type { AuditStore } from '../ports/audit';
import type { Role } from './permissions';

export interface User {
  id: string;
  username: string;
  /** PHC string of argon2id. */
  passwordHash: string;
  disabled: boolean;
}

/** A user's place in a workspace. Administrators of the platform have one in every workspace, as `admin`. */
export interface Membership {
  /** `secondFactorRequired`: by its owners. */
  workspace: { id: string; name: string; secondFactorRequired: boolean };
  role: Role;
}

export interface ApiKey {
  id: string;
  workspaceId: string;
  userId: string;
  name: string;
  role: Role;
  /** The first characters of the key, to tell keys apart. */
  prefix: string;
  createdAt: string;
  expiresAt: string | null;
  lastUsedAt: string | null;
}

export interface NewApiKey {
  id: string;
  workspaceId: string;
  userId: string;
  name: string;
  role: Role;
  prefix: string;
  /** HMAC-SHA256 of the whole key under the pepper. */
  digest: Buffer;
  expiresInDays: number | null;
  /** What its maker proved itself with: a key that is made with another one does not outlive that one. */
  madeWith: string | null;
}

/** Whom a token speaks for, and what it was had with. */
export interface StandingSubject {
  userId: string;
  workspaceId: string;
  credential: string | null;
}

/** What the holder of a token may do now, whatever the token says. */
export interface Standing {
  userDisabled: boolean;
  workspaceDisabled: boolean;
  workspaceName: string;
  /** Null: not a member any more. */
  role: Role | null;
  /** The session or API key that the token was had with is ended, revoked, expired or gone. */
  credentialEnded: boolean;
}

export interface SigningKeyRecord {
  kid: string;
  publicJwk: { kty: string; crv: string; x: string; y: string };
  /** PKCS #8, sealed by the vault under `signing-key/<kid>`. */
  sealedPrivateKey: string;
  /** May sign now: a key is published before it signs, so that gateways learn of it in time. */
  active: boolean;
}

export interface NewSigningKey {
  kid: string;
  publicJwk: SigningKeyRecord['publicJwk'];
  sealedPrivateKey: string;
  activatesInMs: number;
}

/** How many failures are free before the wait begins to double, and how long it gets at most. */
export interface AttemptBudget {
  freeFailures: number;
  longestWaitSeconds: number;
}

/** Where users, keys and sign-in attempts are kept. Times are those of the store's clock, so that replicas agree. */
export interface IdentityStore {
  /**
   * One transaction, in which what is done is also written into the audit trail: both are kept, or neither. `work` may run again, so it
   * must have no effects elsewhere.
   */
  transaction<T>(work: (store: IdentityStore, audit: AuditStore) => Promise<T>): Promise<T>;
  /** Makes the first user: an administrator, and owner of the named workspace. False, and nothing made, when there is a user already. */
  createFirstAdmin(workspaceName: string, user: Pick<User, 'id' | 'username' | 'passwordHash'>): Promise<boolean>;
  /** The name is matched without regard to case. */
  findUserByName(username: string): Promise<User | null>;
  /** Of workspaces that are not disabled: those the user is a member of first, the one joined first before others; empty for a user without one. */
  memberships(userId: string): Promise<Membership[]>;

  /** Null when the name is taken in the workspace. */
  addApiKey(key: NewApiKey): Promise<ApiKey | null>;
  /** Keys that are not revoked, oldest first. */
  listApiKeys(workspaceId: string): Promise<ApiKey[]>;
  /** The key that is revoked now; null when there is no such key in the workspace. */
  revokeApiKey(workspaceId: string, id: string): Promise<ApiKey | null>;
  /** The usable key with this digest and its user; notes that it was used. Null: unknown, expired or revoked, or its user is disabled. */
  useApiKey(digest: Buffer): Promise<{ key: ApiKey; user: User } | null>;

  /** True for the first use of a key from an address on a day (UTC, the store's clock). */
  isFirstUseToday(keyId: string, address: string): Promise<boolean>;

  /**
   * Counts one attempt before the password is looked at, so that parallel guesses count too. Resolves with 0 when the attempt may go on,
   * else with the milliseconds to wait.
   */
  beginSignIn(subject: string, budget?: AttemptBudget): Promise<number>;
  /** Takes one counted attempt back. */
  forgiveSignIn(subject: string): Promise<void>;
  /** Whether this name has signed in from this address within the last months. */
  knowsSignIn(subject: string): Promise<boolean>;
  /** Notes a sign-in for `knowsSignIn`. */
  rememberSignIn(subject: string): Promise<void>;
  /** Forgets the attempts of a subject that signed in. */
  clearSignIn(subject: string): Promise<void>;

  /** Null when there is no such user or workspace. */
  standing(subject: StandingSubject): Promise<Standing | null>;

  /** Published keys, the newest first. */
  signingKeys(): Promise<SigningKeyRecord[]>;
  /** False, and nothing added, when there is a key already. */
  addFirstSigningKey(key: NewSigningKey): Promise<boolean>;
  /** Adds a key, and ends the others `overlapMs` after the new one has become active. */
  rotateSigningKey(key: NewSigningKey, overlapMs: number): Promise<void>;
}

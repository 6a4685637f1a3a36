/** What a session begins with. */
interface SessionStart {
  id: string;
  userId: string;
  /** The one that its tokens are for: of the last switch. */
  workspaceId: string;
  /** `password`, `invitation`, or `oidc:<provider>`. */
  method: string;
  /** Whether its user has shown a second factor in it, here or to the provider. */
  secondFactor: boolean;
  /** Of the last use. */
  address: string;
  userAgent: string | null;
}

/** A sign-in that lasts: it lives as long as its refresh token is used, up to an end that nothing moves. */
export interface SessionRecord extends SessionStart {
  createdAt: string;
  lastUsedAt: string;
  /** When it ends unless it is used before. */
  idleUntil: string;
  /** When it ends in any case. */
  endsAt: string;
}

export interface NewSession extends SessionStart {
  idleSeconds: number;
  lifeSeconds: number;
  /** HMAC of the first refresh token. */
  digest: Buffer;
}

/** A refresh token that was shown, with its session. */
export interface ShownToken {
  session: SessionRecord;
  /** False once it has ended or run out. */
  alive: boolean;
  /** How many rotations ago this token was the current one; 0: it is. */
  rotationsAgo: number;
  /** Since the last rotation. */
  rotatedMsAgo: number;
}

export type SessionEnd =
  'signed-out' | 'revoked' | 'token-reused' | 'password-changed' | 'too-many' | 'second-factor-changed' | 'user-disabled';

/** Where sessions are kept. Times are those of the store's clock, so that replicas agree. */
export interface SessionStore {
  /** Ends the user's oldest sessions beyond `most`, and forgets sessions that have long ended. */
  open(session: NewSession, most: number): Promise<SessionRecord>;
  /** Locks the session until the end of the transaction. Null for a token that was never issued, or is forgotten. */
  byToken(digest: Buffer): Promise<ShownToken | null>;
  /** Makes `digest` the current token; the one before it becomes an old one. */
  rotate(id: string, digest: Buffer): Promise<void>;
  /** Adds a second current token beside the first: for a client that never got the first. */
  addToken(id: string, digest: Buffer): Promise<void>;
  /** Notes a use, and moves the idle end. */
  use(id: string, use: { address: string; userAgent: string | null; idleSeconds: number }): Promise<SessionRecord>;
  /** Null for one that is unknown or has ended. */
  find(id: string): Promise<SessionRecord | null>;
  setSecondFactor(id: string, shown: boolean): Promise<void>;
  /** Living ones, the last used first. */
  list(userId: string): Promise<SessionRecord[]>;
  /** The session that was ended; null when the user has no such living one. */
  end(userId: string, id: string, why: SessionEnd): Promise<SessionRecord | null>;
  /** All living ones but `exceptId`; resolves with their ids. */
  endAll(userId: string, exceptId: string | null, why: SessionEnd): Promise<string[]>;
  /** From now on its tokens are for this workspace. Null when the user has no such living session. */
  moveTo(userId: string, id: string, workspaceId: string): Promise<SessionRecord | null>;
}

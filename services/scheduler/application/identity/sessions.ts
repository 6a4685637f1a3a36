import { newId, SmartantError } from '@smartant/kernel';
import type { AuditFact } from '../ports/audit';
import type { Caller } from '../use-cases';
import type { AccessTokens, TokenSubject } from './access-tokens';
import type { AccountStores, AccountUnitOfWork } from './account-stores';
import type { IdentityStore, Membership, User } from './identity-store';
import { pepperedDigest, refreshTokens } from './opaque-token';
import { requireSession } from './require-session';
import type { SecondFactorRule, SignInProof } from './second-factor-rule';
import { reusedTokenRefusal, sessionEnded, sessionNotFound } from './session-errors';
import type { SessionEnd, SessionRecord, ShownToken } from './session-store';

/** A client that never got the answer asks again with the token that was current before. */
const RETRY_GRACE_MS = 30_000;
/** Of one user. Beyond it the one unused for longest ends: a program that signs in for each request must not fill the table. */
const MOST_SESSIONS = 500;

/** How long sessions last: unused, and at all. */
export interface SessionLife {
  idleSeconds: number;
  lifeSeconds: number;
}

export const DEFAULT_SESSION_LIFE: SessionLife = { idleSeconds: 7 * 86_400, lifeSeconds: 30 * 86_400 };

/** What the edge knows of who is signing in. */
export interface Visit {
  address: string;
  userAgent?: string | null;
  traceId?: string | null;
}

export interface IssuedSession {
  id: string;
  /** Shown here and never again. Each use replaces it. */
  refreshToken: string;
  /** When it ends unless it is used before. */
  idleUntil: string;
}

export interface SignedIn {
  accessToken: string;
  expiresInSeconds: number;
  subject: TokenSubject;
  session: IssuedSession;
}

export interface SessionsOptions {
  unitOfWork: AccountUnitOfWork;
  store: Pick<IdentityStore, 'memberships'>;
  tokens: AccessTokens;
  pepper: string;
  life: SessionLife;
  rule: SecondFactorRule;
}

/** Sign-ins that last, and what their owners do with them. */
export class Sessions {
  constructor(private readonly options: SessionsOptions) {}

  /** Opens one for a user whose proof has been checked. Raises SECOND_FACTOR_ENROLMENT_REQUIRED and OIDC_SECOND_FACTOR_MISSING. */
  async open(user: User, membership: Membership, proof: SignInProof, visit: Visit): Promise<SignedIn> {
    this.assertRule(membership.workspace, proof);
    const refreshToken = refreshTokens.make();
    const session = await this.options.unitOfWork.transaction(async ({ sessions, audit }) => {
      const opened = await sessions.open(
        {
          id: newId('ses'),
          userId: user.id,
          workspaceId: membership.workspace.id,
          ...proof,
          address: visit.address,
          userAgent: shortened(visit.userAgent),
          ...this.options.life,
          digest: this.digest(refreshToken),
        },
        MOST_SESSIONS,
      );
      await audit.append(actor(opened, visit), { ...fact('session.open', opened), after: shownToAuditors(opened) });
      return opened;
    });
    return this.issue(user, membership, session, refreshToken);
  }

  /** The same for a user who was made just now, in the workspace of the invitation. Also raises SESSION_ENDED for one who is gone again. */
  async openForInvited({ userId, workspaceId }: { userId: string; workspaceId: string }, visit: Visit): Promise<SignedIn> {
    const user = await this.options.unitOfWork.direct.accounts.find(userId);
    const membership = await this.membershipIn(userId, workspaceId);
    if (!user || user.disabled || !membership) throw sessionEnded();
    return this.open(user, membership, { method: 'invitation', secondFactor: false }, visit);
  }

  /**
   * Takes the session of a token along to another workspace of its user, whose membership has been checked. Null for a token of an older
   * version, which has none. Raises SESSION_ENDED, and as `open` does where a second factor is compulsory.
   */
  async move({ userId, workspaceId: from, credential }: TokenSubject, workspaceId: string, visit: Visit): Promise<SessionRecord | null> {
    if (!credential?.startsWith('ses_')) {
      const workspace = await this.options.unitOfWork.direct.workspaces.find(workspaceId);
      if (workspace) this.assertRule(workspace, { method: 'password', secondFactor: false });
      return null;
    }
    const moved = await this.options.unitOfWork.transaction(async ({ sessions, workspaces, audit }) => {
      const session = await sessions.moveTo(userId, credential, workspaceId);
      const workspace = await workspaces.find(workspaceId);
      if (session && workspace) this.assertRule(workspace, session);
      if (session && from !== workspaceId) {
        const change = { before: { workspaceId: from }, after: { workspaceId } };
        await audit.append(actor(session, visit), { ...fact('session.switch-workspace', session), ...change });
      }
      return session;
    });
    if (!moved) throw sessionEnded();
    return moved;
  }

  /**
   * A new access token for the workspace that the session was switched to last, and the next refresh token. Raises SESSION_ENDED. One that
   * was replaced before proves that two hold it: the session ends for both, with REFRESH_TOKEN_REUSED, as nobody can tell the thief from
   * the owner. One of before a second factor became compulsory is refused as by `open`.
   */
  async refresh(refreshToken: string, visit: Visit): Promise<SignedIn> {
    if (!refreshTokens.looksLike(refreshToken)) throw sessionEnded();
    const next = refreshTokens.make();
    const outcome = await this.options.unitOfWork.transaction((stores) => this.take(stores, refreshToken, next, visit));
    if (outcome === 'ended') throw sessionEnded();
    if (outcome === 'reused') throw reusedTokenRefusal();
    if (outcome instanceof SmartantError) throw outcome;
    const { session, user } = outcome;
    const membership = await this.membershipIn(user.id, session.workspaceId);
    if (!membership) throw sessionEnded();
    return this.issue(user, membership, session, next);
  }

  /** The caller's own, the last used first. Raises SESSION_NEEDED. */
  async list(caller: Caller): Promise<SessionRecord[]> {
    requireSession(caller);
    return this.options.unitOfWork.direct.sessions.list(caller.userId);
  }

  /** Ends one of the caller's own; `current` is the one that the caller came with. Raises SESSION_NEEDED and SESSION_NOT_FOUND. */
  async end(caller: Caller, id: string): Promise<void> {
    const own = requireSession(caller);
    const wanted = id === 'current' ? own : id;
    const ended = await this.options.unitOfWork.transaction((stores) =>
      endSession(stores, caller, wanted, wanted === own ? 'signed-out' : 'revoked'),
    );
    if (!ended) throw sessionNotFound();
  }

  /** Ends the session that a refresh token is of, for a client that has nothing else left of it. Does nothing for a token of none. */
  async endByToken(refreshToken: string, visit: Visit): Promise<void> {
    if (!refreshTokens.looksLike(refreshToken)) return;
    await this.options.unitOfWork.transaction(async (stores) => {
      const shown = await stores.sessions.byToken(this.digest(refreshToken));
      if (!shown?.alive) return;
      const { session } = shown;
      await endSession(stores, { userId: session.userId, origin: actor(session, visit).origin }, session.id, 'signed-out');
    });
  }

  /** The refusal is an answer here and not an exception, which would roll the end of the session back. */
  private async take(stores: AccountStores, shownToken: string, next: string, visit: Visit) {
    const shown = await stores.sessions.byToken(this.digest(shownToken));
    if (!shown?.alive) return 'ended';
    const { session } = shown;
    if (isReused(shown)) {
      await endSession(stores, { userId: session.userId, origin: actor(session, visit).origin }, session.id, 'token-reused');
      return 'reused';
    }
    const user = await stores.accounts.find(session.userId);
    if (!user || user.disabled) return 'ended';
    // Before anything is rotated: the token that the client keeps must stay the current one.
    if (!(await stores.accounts.hasPlace(user.id, session.workspaceId))) return 'ended';
    const workspace = await stores.workspaces.find(session.workspaceId);
    const refusal = workspace && this.options.rule.refusal(workspace, session);
    if (refusal) return refusal;
    if (shown.rotationsAgo === 0) await stores.sessions.rotate(session.id, this.digest(next));
    else await stores.sessions.addToken(session.id, this.digest(next));
    const use = { address: visit.address, userAgent: shortened(visit.userAgent), idleSeconds: this.options.life.idleSeconds };
    return { user, session: await stores.sessions.use(session.id, use) };
  }

  private assertRule(workspace: { secondFactorRequired: boolean }, proof: SignInProof): void {
    const refusal = this.options.rule.refusal(workspace, proof);
    if (refusal) throw refusal;
  }

  private async membershipIn(userId: string, workspaceId: string): Promise<Membership | undefined> {
    return (await this.options.store.memberships(userId)).find(({ workspace }) => workspace.id === workspaceId);
  }

  private async issue(user: User, { workspace, role }: Membership, session: SessionRecord, refreshToken: string): Promise<SignedIn> {
    const { tokens } = this.options;
    const subject = {
      userId: user.id,
      username: user.username,
      workspaceId: workspace.id,
      workspaceName: workspace.name,
      role,
      credential: session.id,
    };
    return {
      accessToken: await tokens.issue(subject),
      expiresInSeconds: tokens.lifeSeconds,
      subject,
      session: { id: session.id, refreshToken, idleUntil: session.idleUntil },
    };
  }

  private digest(refreshToken: string): Buffer {
    return pepperedDigest(this.options.pepper, refreshToken);
  }
}

function isReused({ rotationsAgo, rotatedMsAgo }: ShownToken): boolean {
  return rotationsAgo > 1 || (rotationsAgo === 1 && rotatedMsAgo > RETRY_GRACE_MS);
}

/** False when the user has no such living session. */
async function endSession(
  { sessions, audit }: AccountStores,
  by: Pick<Caller, 'userId' | 'origin'>,
  id: string,
  why: SessionEnd,
): Promise<boolean> {
  const ended = await sessions.end(by.userId, id, why);
  if (ended) await audit.append(by, { ...fact('session.end', ended), before: shownToAuditors(ended), after: { why } });
  return ended !== null;
}

function actor({ userId, id }: SessionRecord, { address, traceId }: Visit): Required<Pick<Caller, 'userId' | 'origin'>> {
  return { userId, origin: { address, credential: id, traceId: traceId ?? null } };
}

function fact(action: string, { id, workspaceId }: SessionRecord): AuditFact {
  return { action, workspaceId, target: { kind: 'session', id, name: null }, before: null, after: null, outcome: 'done', code: null };
}

function shownToAuditors({ method, secondFactor, address, userAgent, createdAt }: SessionRecord): Record<string, unknown> {
  return { method, secondFactor, address, userAgent, createdAt };
}

function shortened(userAgent: string | null | undefined): string | null {
  // eslint-disable-next-line no-control-regex -- a header must not forge lines on a terminal
  return userAgent?.replaceAll(/[\u0000-\u001f\u007f-\u009f]/g, '').slice(0, 200) || null;
}

import type { Request } from 'express';
import type { z } from 'zod';
import type { IssuedSession, Visit } from '../../../application/identity/sessions';
import type { IssuedToken } from '../../../application/identity/sign-in';
import { traceIdOf } from '../request/request-state';
import type { tokenAnswer } from '../schemas/identity-schemas';

type Answered = Omit<IssuedToken, 'session'> & { session: (Pick<IssuedSession, 'id' | 'idleUntil'> & Partial<IssuedSession>) | null };

/** The answer to every way of signing in. */
export function toTokenAnswer({ accessToken, expiresInSeconds, subject, session }: Answered): z.input<typeof tokenAnswer> {
  return {
    accessToken,
    tokenType: 'Bearer',
    expiresInSeconds,
    workspaceId: subject.workspaceId,
    workspace: subject.workspaceName,
    role: subject.role,
    sessionId: session?.id ?? null,
    refreshToken: session?.refreshToken ?? null,
    sessionIdleUntil: session?.idleUntil ?? null,
  };
}

/** Who is signing in, as a session remembers it. */
export function visitOf(request: Request): Visit {
  return { address: request.ip ?? '', userAgent: request.headers['user-agent'] ?? null, traceId: traceIdOf(request) };
}

import { errors, jwtVerify, SignJWT } from 'jose';
import { SmartantError, type Clock } from '@smartant/kernel';
import type { Caller } from '../use-cases';
import { ROLES_BY_POWER, type Role } from './permissions';
import { TOKEN_ALGORITHM, type SigningKeys } from './signing-keys';

const ISSUER = 'smartant';
const AUDIENCE = 'smartant-api';
const CLOCK_TOLERANCE_SECONDS = 5;

/** Who a token speaks for. The names are those of the moment it was issued. */
export interface TokenSubject extends Caller {
  username: string;
  workspaceName: string;
  /** What the token was had with: the id of a session or an API key; `password` or null for tokens of an older version. */
  credential: string | null;
  /** When the token that it was read from ends, in seconds since the epoch. */
  expiresAt?: number;
}

/** Short-lived JWTs. They tell of the moment they were issued; whether that still holds is for `Standings` to say. */
export class AccessTokens {
  constructor(
    private readonly keys: SigningKeys,
    private readonly clock: Clock,
    readonly lifeSeconds: number,
  ) {}

  /** `lifeSeconds`: of a token that stands in for another, and must not outlive it. */
  async issue(subject: TokenSubject, lifeSeconds = this.lifeSeconds): Promise<string> {
    const { kid, privateKey } = await this.keys.current();
    const issuedAt = Math.floor(this.clock.nowMs() / 1_000);
    return new SignJWT({
      ws: subject.workspaceId,
      wsn: subject.workspaceName,
      role: subject.role,
      name: subject.username,
      cred: subject.credential,
    })
      .setProtectedHeader({ alg: TOKEN_ALGORITHM, typ: 'JWT', kid })
      .setIssuer(ISSUER)
      .setAudience(AUDIENCE)
      .setSubject(subject.userId)
      .setIssuedAt(issuedAt)
      .setExpirationTime(issuedAt + Math.min(lifeSeconds, this.lifeSeconds))
      .sign(privateKey);
  }

  /** How long a verified token still lives, in whole seconds; 0 for one that does not say. */
  secondsLeft({ expiresAt = 0 }: TokenSubject): number {
    return Math.max(0, expiresAt - Math.floor(this.clock.nowMs() / 1_000));
  }

  /** Raises TOKEN_EXPIRED, or TOKEN_INVALID for anything else that is wrong with a token. */
  async verify(token: string): Promise<TokenSubject> {
    try {
      const { payload } = await jwtVerify(
        token,
        async ({ kid }) => {
          const key = kid === undefined ? undefined : await this.keys.publicKey(kid);
          if (!key) throw tokenInvalid();
          return key;
        },
        {
          algorithms: [TOKEN_ALGORITHM],
          issuer: ISSUER,
          audience: AUDIENCE,
          clockTolerance: CLOCK_TOLERANCE_SECONDS,
          currentDate: new Date(this.clock.nowMs()),
          requiredClaims: ['sub', 'exp'],
        },
      );
      return subjectOf(payload);
    } catch (error) {
      if (error instanceof SmartantError) throw error;
      if (error instanceof errors.JWTExpired) throw tokenExpired();
      if (error instanceof errors.JOSEError) throw tokenInvalid();
      throw error;
    }
  }
}

function subjectOf(payload: Record<string, unknown>): TokenSubject {
  const text = (name: string) => {
    const value = payload[name];
    if (typeof value !== 'string' || value === '') throw tokenInvalid();
    return value;
  };
  const role = text('role') as Role;
  if (!ROLES_BY_POWER.includes(role)) throw tokenInvalid();
  return {
    userId: text('sub'),
    workspaceId: text('ws'),
    workspaceName: text('wsn'),
    username: text('name'),
    role,
    credential: (payload['cred'] as string | undefined) ?? null,
    expiresAt: payload['exp'] as number,
  };
}

function tokenInvalid(): SmartantError {
  return new SmartantError('TOKEN_INVALID', 'The access token is not valid.', {
    kind: 'unauthenticated',
    hint: 'Get one from POST /v1/auth/token. An API key (sak_…) is exchanged there too.',
  });
}

export function tokenExpired(): SmartantError {
  return new SmartantError('TOKEN_EXPIRED', 'The access token has expired.', {
    kind: 'unauthenticated',
    hint: 'Get a new one from POST /v1/auth/token.',
  });
}

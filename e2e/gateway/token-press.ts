import { createHmac, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { AccessTokens, type TokenSubject } from '../../services/scheduler/application/identity/access-tokens';
import type { PublishedKey, SigningKeys } from '../../services/scheduler/application/identity/signing-keys';

const LIFE_SECONDS = 900;
const ANYBODY: TokenSubject = {
  userId: 'usr_1',
  username: 'ann',
  workspaceId: 'wsp_1',
  workspaceName: 'default',
  role: 'admin',
  credential: 'ses_1',
};

/** A key of the scheduler's, and the tokens that it signs: right ones by the scheduler's own code, wrong ones by hand. */
export class TokenPress {
  private readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;

  constructor(readonly kid: string) {
    ({ privateKey: this.privateKey, publicKey: this.publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' }));
  }

  published(): PublishedKey {
    const { kty = '', crv = '', x = '', y = '' } = this.publicKey.export({ format: 'jwk' });
    return { kty, crv, x, y, kid: this.kid, alg: 'ES256', use: 'sig' };
  }

  /** As the scheduler issues it. `ago`: so many seconds ago. */
  token(ago = 0): Promise<string> {
    const keys = { current: () => Promise.resolve({ kid: this.kid, privateKey: this.privateKey }) } as unknown as SigningKeys;
    return new AccessTokens(keys, { nowMs: () => Date.now() - ago * 1_000 } as never, LIFE_SECONDS).issue(ANYBODY);
  }

  /** Everything that is wrong with a token, by what is wrong with it. Claims and header are right but for that. */
  async wrongTokens(): Promise<Record<WrongToken, string>> {
    const claims = { sub: 'usr_1', exp: Math.floor(Date.now() / 1_000) + LIFE_SECONDS };
    const header = { alg: 'ES256', typ: 'JWT', kid: this.kid };
    const stranger = new TokenPress(this.kid);
    const pem = this.publicKey.export({ type: 'spki', format: 'pem' }).toString();
    return {
      'signed by another key': await stranger.token(),
      expired: await this.token(LIFE_SECONDS + 60),
      'of an unknown key': await new TokenPress('key_unknown').token(),
      'with half a signature': (await this.token()).slice(0, -43),
      'without an end': this.signed(header, { sub: claims.sub }),
      unsigned: `${part({ ...header, alg: 'none' })}.${part(claims)}.`,
      'signed with the public key': hmac({ ...header, alg: 'HS256' }, claims, pem),
      'no token at all': 'sak_0123456789abcdef',
    };
  }

  private signed(header: object, claims: object): string {
    const text = `${part(header)}.${part(claims)}`;
    return `${text}.${sign('sha256', Buffer.from(text), { key: this.privateKey, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`;
  }
}

export type WrongToken =
  | 'signed by another key'
  | 'expired'
  | 'of an unknown key'
  | 'with half a signature'
  | 'without an end'
  | 'unsigned'
  | 'signed with the public key'
  | 'no token at all';

const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');

function hmac(header: object, claims: object, secret: string): string {
  const text = `${part(header)}.${part(claims)}`;
  return `${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`;
}

import { ChannelError } from '../../application/ports/channel-error';
import { refused } from '../channel-refusals';
import type { ChannelHttp } from '../http/channel-http';
import { isObject } from '../http/json-answer';
import { statusRefusal, succeeded } from '../http/status-refusal';
import type { ChannelDependencies } from '../settings/channel-definition';
import { TokenCache, type AccessToken } from '../settings/token-cache';
import type { EmailSecrets, EmailSettings } from './email-settings';

export interface AccessTokens {
  /** In the form of nodemailer's `oauth2_provision_cb`. `renew`: the server refused the one that was given before. */
  provide: (user: string, renew: boolean, done: (error: Error | null, token?: string, expires?: number) => void) => void;
  /** Why the last token was not given: nodemailer writes into the errors that it is handed, and would make another of it. */
  failure(): ChannelError | undefined;
  /** After the server refused the last one: forgets it. True where it was an old one, so that a new one may help. */
  refused(): boolean;
}

/** RFC 6749 section 5.1 recommends `expires_in` and does not ask for it. */
const USUAL_SECONDS = 3_600;
/** Long ago, so that nodemailer keeps no token and asks here each time. */
const EXPIRED = 1;

/** Access tokens for XOAUTH2: by the user's refresh token (RFC 6749 section 6), or in the application's own name (section 4.4). */
export function accessTokens(
  http: ChannelHttp,
  { tokens, timeoutMs, nowMs }: ChannelDependencies,
  { tokenUrl, clientId, scope, user }: EmailSettings,
  { clientSecret, refreshToken }: EmailSecrets,
): AccessTokens {
  const key = TokenCache.keyOf(['email', tokenUrl, clientId, scope, user, clientSecret ?? '', refreshToken ?? '']);
  const form = new URLSearchParams({
    grant_type: refreshToken === undefined ? 'client_credentials' : 'refresh_token',
    client_id: clientId,
    ...(clientSecret === undefined ? {} : { client_secret: clientSecret }),
    ...(refreshToken === undefined ? {} : { refresh_token: refreshToken }),
    ...(scope === '' ? {} : { scope }),
  });
  let given = '';
  let fresh = false;
  let failure: ChannelError | undefined;
  const ask = async (): Promise<AccessToken> => {
    fresh = true;
    const headers = { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' };
    const answer = await http.send({ url: tokenUrl, headers, body: form.toString() }, AbortSignal.timeout(timeoutMs));
    // invalid_grant and invalid_client come with 400 or 401.
    if (!succeeded(answer)) throw statusRefusal(answer, nowMs(), { 400: 'credentials' });
    const { access_token: token, expires_in: seconds } = isObject(answer.json) ? answer.json : {};
    if (typeof token !== 'string' || token === '') throw refused('answer');
    return { token, expiresInMs: (typeof seconds === 'number' ? seconds : USUAL_SECONDS) * 1_000 };
  };
  return {
    provide: (_user, renew, done) => {
      [failure, fresh] = [undefined, false];
      if (renew) tokens.forget(key, given);
      tokens.get(key, ask).then(
        (token) => done(null, (given = token), EXPIRED),
        (error: unknown) => {
          failure = error instanceof ChannelError ? error : refused('broken');
          done(new Error('There is no access token.'));
        },
      );
    },
    failure: () => failure,
    refused: () => {
      tokens.forget(key, given);
      return !fresh;
    },
  };
}

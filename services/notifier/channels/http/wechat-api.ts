import type { ChannelError } from '../../application/ports/channel-error';
import { reasonIn, refused, type CodeTable } from '../channel-refusals';
import { TokenCache } from '../settings/token-cache';
import type { HttpAnswer } from './channel-http';
import { jsonObjectOf, textOf } from './json-answer';

/** What `errcode` says at WeCom and WeChat alike. https://developer.work.weixin.qq.com/document/path/90313 */
const SHARED: CodeTable = {
  '-1': 'failed',
  '40001': 'credentials',
  '40003': 'recipient',
  '40013': 'credentials',
  '40014': 'credentials',
  '40058': 'message',
  '42001': 'credentials',
  '44004': 'message',
  '45002': 'message',
  '45009': 'throttled',
  '45033': 'throttled',
};
/** Their quotas are counted by the minute. */
const MINUTE_MS = 60_000;

/** The answer of a call that was taken. Raises ChannelError by `errcode`, which comes with status 200. */
export function taken(answer: HttpAnswer, own: CodeTable, nowMs: number): Record<string, unknown> {
  const body = jsonObjectOf(answer, nowMs);
  const code = textOf(body['errcode']);
  if (code === '0') return body;
  if (code === '') throw refused('answer');
  const reason = reasonIn({ ...SHARED, ...own }, code);
  throw refused(reason, { providerCode: code, retryAfterMs: reason === 'throttled' ? MINUTE_MS : undefined });
}

/** Codes after which a new token helps: it was revoked by another caller, or ended early. */
const TOKEN_ENDED = new Set(['40001', '40014', '42001']);

export interface TokenCalls<T> {
  tokens: TokenCache;
  key: string;
  /** Answers with `access_token` and `expires_in`, seconds. `fresh`: the one that is known was refused. */
  ask(fresh: boolean): Promise<Record<string, unknown>>;
  call(token: string): Promise<T>;
}

/** Calls with a token that is kept, and once more with a new one where the provider says that it has ended. */
export async function withToken<T>({ tokens, key, ask, call }: TokenCalls<T>): Promise<T> {
  const tokenOf = (fresh: boolean) => tokens.get(key, async () => readToken(await ask(fresh)));
  const token = await tokenOf(false);
  try {
    return await call(token);
  } catch (error) {
    if (!TOKEN_ENDED.has((error as ChannelError).providerCode)) throw error;
    tokens.forget(key, token);
    return await call(await tokenOf(true));
  }
}

function readToken(body: Record<string, unknown>) {
  const { access_token: token, expires_in: seconds } = body;
  if (typeof token !== 'string' || token === '' || typeof seconds !== 'number') throw refused('answer');
  return { token, expiresInMs: seconds * 1_000 };
}

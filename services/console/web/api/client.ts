import createClient from 'openapi-fetch';
import type { paths } from '@smartant/contracts/openapi';
import { session } from '../session/session';

/** Sends a request as the signed-in user. A token that is refused is renewed once: it may have ended a moment ago. */
export async function authorizedFetch(request: Request): Promise<Response> {
  const again = request.clone();
  const first = await fetch(await withToken(request));
  if (first.status !== 401) return first;
  session.distrustToken();
  return fetch(await withToken(again));
}

async function withToken(request: Request): Promise<Request> {
  request.headers.set('authorization', `Bearer ${await session.accessToken()}`);
  return request;
}

/** Every operation of the API by its path, typed from the OpenAPI document. Use it within `answerOf`. */
export const api = createClient<paths>({ baseUrl: '/', fetch: authorizedFetch });

export { answerOf } from './answer-of';

import createClient from 'openapi-fetch';
import type { paths } from '@smartant/contracts/openapi';
import { ClickTrace } from './click-trace';
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

const traces = new ClickTrace((span) => {
  const headers = { 'content-type': 'application/json' };
  const request = new Request('/v1/client-spans', { method: 'POST', headers, body: JSON.stringify(span), keepalive: true });
  void authorizedFetch(request).catch(() => undefined);
});
api.use(traces.middleware);
for (const event of ['pointerdown', 'keydown']) addEventListener(event, traces.clicked, { capture: true, passive: true });

export { answerOf } from './answer-of';

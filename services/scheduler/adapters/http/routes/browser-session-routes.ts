import { defineRoute } from '../route-definition';
import { browserSignInInput, browserToken } from '../schemas/browser-session-schemas';

const path = '/v1/auth/browser-session';

const CONDITIONS =
  'For pages of the same origin alone: the request carries `X-SmartAnt-Console: 1` and the Origin that it was sent to, else the answer is CROSS_SITE_REQUEST.';

export const openBrowserSession = defineRoute({
  operationId: 'openBrowserSession',
  method: 'POST',
  path,
  tag: 'Sign-in',
  summary: 'Sign in from a browser',
  description: `As POST /v1/auth/token, but the refresh token goes into a cookie that no script can read. ${CONDITIONS}`,
  permission: 'public',
  admission: 'sign-in',
  body: browserSignInInput,
  status: 200,
  answer: browserToken,
});

export const renewBrowserSession = defineRoute({
  operationId: 'renewBrowserSession',
  method: 'POST',
  path: `${path}/renewal`,
  tag: 'Sign-in',
  summary: 'Renew an access token from a browser',
  description: `As POST /v1/auth/refresh, with the refresh token of the cookie. ${CONDITIONS}`,
  permission: 'public',
  admission: 'sign-in',
  status: 200,
  answer: browserToken,
});

export const endBrowserSession = defineRoute({
  operationId: 'endBrowserSession',
  method: 'DELETE',
  path,
  tag: 'Sign-in',
  summary: 'Sign out from a browser',
  description: `Ends the session of the cookie, also when its access token has expired, and removes the cookie. Nothing happens without one. ${CONDITIONS}`,
  permission: 'public',
  admission: 'sign-in',
  status: 204,
  answer: 'nothing',
});

export const browserSessionRoutes = [openBrowserSession, renewBrowserSession, endBrowserSession];

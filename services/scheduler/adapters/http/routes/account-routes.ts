import { defineRoute } from '../route-definition';
import { passwordChangeInput, refreshInput, sessionList } from '../schemas/account-schemas';
import { tokenAnswer } from '../schemas/identity-schemas';

export const refreshToken = defineRoute({
  operationId: 'refreshToken',
  method: 'POST',
  path: '/v1/auth/refresh',
  tag: 'Sign-in',
  summary: 'Renew an access token',
  description:
    'Exchanges the refresh token of a session for an access token and the next refresh token. An old one that comes back later than half a minute after its replacement ends the session.',
  permission: 'public',
  admission: 'sign-in',
  body: refreshInput,
  status: 200,
  answer: tokenAnswer,
});

export const listSessions = defineRoute({
  operationId: 'listSessions',
  method: 'GET',
  path: '/v1/auth/sessions',
  tag: 'Sign-in',
  summary: 'List your sessions',
  description: 'Those that have not ended, the last used first. Not with an API key.',
  permission: 'account:manage',
  admission: 'list',
  status: 200,
  answer: sessionList,
});

export const endSession = defineRoute({
  operationId: 'endSession',
  method: 'DELETE',
  path: '/v1/auth/sessions/{id}',
  tag: 'Sign-in',
  summary: 'End a session of yours',
  description: 'Signs out. `current` is the session of the request. Its access tokens stop within seconds. Not with an API key.',
  permission: 'account:manage',
  admission: 'transition',
  status: 204,
  answer: 'nothing',
});

export const changePassword = defineRoute({
  operationId: 'changePassword',
  method: 'POST',
  path: '/v1/auth/password',
  tag: 'Sign-in',
  summary: 'Change your password',
  description: 'Ends your other sessions. Not with an API key.',
  permission: 'account:manage',
  admission: 'sign-in',
  body: passwordChangeInput,
  status: 204,
  answer: 'nothing',
});

export const accountRoutes = [refreshToken, listSessions, endSession, changePassword];

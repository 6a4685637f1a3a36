import { defineRoute } from '../route-definition';
import { apiKeyInput, apiKeyList, createdApiKey, identity, jsonWebKeySet, tokenAnswer, tokenInput } from '../schemas/identity-schemas';

export const createToken = defineRoute({
  operationId: 'createToken',
  method: 'POST',
  path: '/v1/auth/token',
  tag: 'Sign-in',
  summary: 'Sign in',
  description: 'Exchanges a user name and password, or an API key, for a short-lived access token.',
  permission: 'public',
  admission: 'sign-in',
  body: tokenInput,
  status: 200,
  answer: tokenAnswer,
});

export const whoAmI = defineRoute({
  operationId: 'whoAmI',
  method: 'GET',
  path: '/v1/auth/me',
  tag: 'Sign-in',
  summary: 'Who am I',
  permission: 'identity:read',
  admission: 'read',
  status: 200,
  answer: identity,
});

export const getJsonWebKeySet = defineRoute({
  operationId: 'getJsonWebKeySet',
  method: 'GET',
  path: '/.well-known/jwks.json',
  tag: 'Sign-in',
  summary: 'Public keys of access tokens',
  description: 'For gateways that check access tokens themselves.',
  permission: 'public',
  admission: 'read',
  status: 200,
  answer: jsonWebKeySet,
});

export const createApiKey = defineRoute({
  operationId: 'createApiKey',
  method: 'POST',
  path: '/v1/api-keys',
  tag: 'Sign-in',
  summary: 'Create an API key',
  description: 'For your workspace. The key is shown in this answer alone.',
  permission: 'api-key:manage',
  admission: 'transition',
  body: apiKeyInput,
  status: 201,
  answer: createdApiKey,
});

export const listApiKeys = defineRoute({
  operationId: 'listApiKeys',
  method: 'GET',
  path: '/v1/api-keys',
  tag: 'Sign-in',
  summary: 'List API keys',
  permission: 'api-key:manage',
  admission: 'list',
  status: 200,
  answer: apiKeyList,
});

export const deleteApiKey = defineRoute({
  operationId: 'deleteApiKey',
  method: 'DELETE',
  path: '/v1/api-keys/{id}',
  tag: 'Sign-in',
  summary: 'Revoke an API key',
  description: 'No new token can be had with it, and those that it already got stop working within seconds.',
  permission: 'api-key:manage',
  admission: 'transition',
  status: 204,
  answer: 'nothing',
});

export const identityRoutes = [createToken, whoAmI, getJsonWebKeySet, createApiKey, listApiKeys, deleteApiKey];

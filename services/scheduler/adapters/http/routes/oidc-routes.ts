import { defineRoute } from '../route-definition';
import { tokenAnswer } from '../schemas/identity-schemas';
import {
  identityProvider,
  identityProviderInput,
  identityProviderList,
  oidcCallbackQuery,
  oidcStart,
  oidcStartInput,
  oidcTokenInput,
  signInProviders,
} from '../schemas/oidc-schemas';

export const createIdentityProvider = defineRoute({
  operationId: 'createIdentityProvider',
  method: 'POST',
  path: '/v1/admin/identity-providers',
  tag: 'Sign-in',
  summary: 'Add a provider to sign in with (OpenID Connect)',
  description: 'Its redirect address is /v1/auth/oidc/callback of the public address. Administrators only.',
  permission: 'identity-provider:manage',
  admission: 'transition',
  body: identityProviderInput,
  status: 201,
  answer: identityProvider,
});

export const listIdentityProviders = defineRoute({
  operationId: 'listIdentityProviders',
  method: 'GET',
  path: '/v1/admin/identity-providers',
  tag: 'Sign-in',
  summary: 'List the providers to sign in with',
  description: 'Administrators only.',
  permission: 'identity-provider:manage',
  admission: 'list',
  status: 200,
  answer: identityProviderList,
});

export const deleteIdentityProvider = defineRoute({
  operationId: 'deleteIdentityProvider',
  method: 'DELETE',
  path: '/v1/admin/identity-providers/{name}',
  tag: 'Sign-in',
  summary: 'Remove a provider',
  description: 'Nobody signs in with it any more. Its users keep their sessions and places until those end. Administrators only.',
  permission: 'identity-provider:manage',
  admission: 'transition',
  status: 204,
  answer: 'nothing',
});

export const listSignInProviders = defineRoute({
  operationId: 'listSignInProviders',
  method: 'GET',
  path: '/v1/auth/oidc',
  tag: 'Sign-in',
  summary: 'Names of the providers to sign in with',
  description: 'For the page of sign-in, so before anybody is signed in: nothing but the names.',
  permission: 'public',
  admission: 'read',
  status: 200,
  answer: signInProviders,
});

export const startOidc = defineRoute({
  operationId: 'startOidc',
  method: 'POST',
  path: '/v1/auth/oidc/{name}/start',
  tag: 'Sign-in',
  summary: 'Begin to sign in with a provider',
  description: 'For a command that listens on 127.0.0.1 (RFC 8252), or for the console. The sign-in has to be finished within ten minutes.',
  permission: 'public',
  admission: 'sign-in',
  body: oidcStartInput,
  status: 200,
  answer: oidcStart,
});

export const oidcCallback = defineRoute({
  operationId: 'oidcCallback',
  method: 'GET',
  path: '/v1/auth/oidc/callback',
  tag: 'Sign-in',
  summary: 'Where a provider sends the browser back to',
  description: 'Sends it on to the command or the console that began the sign-in, with a ticket that only that one can exchange.',
  permission: 'public',
  admission: 'sign-in',
  query: oidcCallbackQuery,
  status: 303,
  answer: 'redirect',
});

export const createOidcToken = defineRoute({
  operationId: 'createOidcToken',
  method: 'POST',
  path: '/v1/auth/oidc/token',
  tag: 'Sign-in',
  summary: 'Exchange the ticket of a provider sign-in',
  permission: 'public',
  admission: 'sign-in',
  body: oidcTokenInput,
  status: 200,
  answer: tokenAnswer,
});

export const oidcRoutes = [
  createIdentityProvider,
  listIdentityProviders,
  deleteIdentityProvider,
  listSignInProviders,
  startOidc,
  oidcCallback,
  createOidcToken,
];

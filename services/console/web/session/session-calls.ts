import createClient from 'openapi-fetch';
import type { paths, Schema } from '@smartant/contracts/openapi';
import { answerOf } from '../api/answer-of';

/** The header proves to the server that a script of ours has sent the request: docs/guides/sign-in.md. */
const client = createClient<paths>({ baseUrl: '/', headers: { 'x-smartant-console': '1' } });

export const open = (body: Schema<'BrowserSignInRequest'>) => answerOf(client.POST('/v1/auth/browser-session', { body }));
export const renew = () => answerOf(client.POST('/v1/auth/browser-session/renewal'));
export const end = () => answerOf(client.DELETE('/v1/auth/browser-session'));
export const beginEnrolment = (body: Schema<'EnrolAtSignInRequest'>) => answerOf(client.POST('/v1/auth/second-factor/enrolment', { body }));
export const confirmEnrolment = (body: Schema<'ConfirmEnrolmentRequest'>) =>
  answerOf(client.POST('/v1/auth/second-factor/enrolment/confirm', { body }));

export const listProviders = () => client.GET('/v1/auth/oidc');
export const beginWithProvider = (name: string, body: Schema<'StartOidcRequest'>) =>
  answerOf(client.POST('/v1/auth/oidc/{name}/start', { params: { path: { name } }, body }));
export const exchangeTicket = (body: Schema<'OidcTokenRequest'>) => answerOf(client.POST('/v1/auth/oidc/token', { body }));

const bearer = (token: string) => ({ headers: { authorization: `Bearer ${token}` } });
export const whoAmI = (token: string) => answerOf(client.GET('/v1/auth/me', bearer(token)));
export const switchWorkspace = (token: string, workspace: string) =>
  answerOf(client.POST('/v1/auth/workspace', { ...bearer(token), body: { workspace } }));
/** Open to everybody: what this installation is. */
export const getVersion = () => client.GET('/v1/version');

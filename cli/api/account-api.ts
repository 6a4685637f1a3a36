import type { Client } from 'openapi-fetch';
import type { paths, Schema } from '@smartant/contracts/openapi';
import type { Answer } from './connection';

export type UserSession = Schema<'Session'>;
export type SigningKey = Schema<'SigningKey'>;

/** Resolves with the answer's body, or raises the server's refusal. */
export type Send = <T>(answer: Promise<Answer<T>>) => Promise<T>;

/** What users do with their own accounts, and administrators with those of others. */
export class AccountApi {
  constructor(
    private readonly client: Client<paths>,
    private readonly send: Send,
  ) {}

  async sessions(): Promise<UserSession[]> {
    return (await this.send(this.client.GET('/v1/auth/sessions'))).items;
  }

  /** `current`: the one that this request comes with. */
  async endSession(id: string): Promise<void> {
    await this.send(this.client.DELETE('/v1/auth/sessions/{id}', { params: { path: { id } } }));
  }

  secondFactor(): Promise<Schema<'SecondFactorStatus'>> {
    return this.send(this.client.GET('/v1/auth/second-factor'));
  }

  enrolSecondFactor(password: string): Promise<Schema<'SecondFactorEnrolment'>> {
    return this.send(this.client.POST('/v1/auth/second-factor', { body: { password } }));
  }

  async confirmSecondFactor(code: string): Promise<string[]> {
    return (await this.send(this.client.POST('/v1/auth/second-factor/confirm', { body: { code } }))).recoveryCodes;
  }

  /** The same for somebody who can't sign in without one, proved by the password. */
  enrolAtSignIn(body: Schema<'EnrolAtSignInRequest'>): Promise<Schema<'SecondFactorEnrolment'>> {
    return this.send(this.client.POST('/v1/auth/second-factor/enrolment', { body }));
  }

  confirmEnrolment(body: Schema<'ConfirmEnrolmentRequest'>): Promise<Schema<'EnrolledToken'>> {
    return this.send(this.client.POST('/v1/auth/second-factor/enrolment/confirm', { body }));
  }

  async removeSecondFactor(password: string, code: string): Promise<void> {
    await this.send(this.client.POST('/v1/auth/second-factor/remove', { body: { password, code } }));
  }

  async resetSecondFactor(user: string): Promise<void> {
    await this.send(this.client.DELETE('/v1/admin/users/{user}/second-factor', { params: { path: { user } } }));
  }

  async signingKeys(): Promise<SigningKey[]> {
    return (await this.send(this.client.GET('/v1/admin/signing-keys'))).items;
  }

  async rotateSigningKey(atOnce: boolean): Promise<SigningKey[]> {
    return (await this.send(this.client.POST('/v1/admin/signing-keys/rotate', { body: { atOnce } }))).items;
  }

  /** Where to send the browser. */
  async startOidc(name: string, body: Schema<'StartOidcRequest'>): Promise<string> {
    return (await this.send(this.client.POST('/v1/auth/oidc/{name}/start', { params: { path: { name } }, body }))).authorizationUrl;
  }

  finishOidc(ticket: string, verifier: string): Promise<Schema<'Token'>> {
    return this.send(this.client.POST('/v1/auth/oidc/token', { body: { ticket, verifier } }));
  }

  async providers(): Promise<Schema<'IdentityProvider'>[]> {
    return (await this.send(this.client.GET('/v1/admin/identity-providers'))).items;
  }

  addProvider(body: Schema<'CreateIdentityProviderRequest'>): Promise<Schema<'IdentityProvider'>> {
    return this.send(this.client.POST('/v1/admin/identity-providers', { body }));
  }

  async removeProvider(name: string): Promise<void> {
    await this.send(this.client.DELETE('/v1/admin/identity-providers/{name}', { params: { path: { name } } }));
  }

  async changePassword(body: Schema<'ChangePasswordRequest'>): Promise<void> {
    await this.send(this.client.POST('/v1/auth/password', { body }));
  }
}

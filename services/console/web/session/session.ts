import type { Schema } from '@smartant/contracts/openapi';
import { ApiProblem } from '../api/api-problem';
import * as calls from './session-calls';

export type Identity = Schema<'Identity'>;
export type SignIn = Schema<'BrowserSignInRequest'>;
type Token = Pick<Schema<'BrowserToken'>, 'accessToken' | 'expiresInSeconds'>;

export type SessionState =
  /** The cookie is being asked for a session. */
  | { kind: 'opening' }
  | { kind: 'signed-out' }
  | { kind: 'signed-in'; identity: Identity }
  /** Ended while its user was at work: the page stays as it is and waits. */
  | { kind: 'expired'; identity: Identity };

/** Renewed so long before its end that no request carries one that ends on the way. */
const MARGIN_MS = 30_000;

/** The user's session. The access token is in this object alone; what outlives a reload is a cookie that no script can read. */
export class Session {
  #state: SessionState = { kind: 'opening' };
  #token: { text: string; untilMs: number } | undefined;
  #renewal: Promise<string> | undefined;
  #waiting: ((token: Promise<string>) => void)[] = [];
  readonly #listeners = new Set<() => void>();

  get state(): SessionState {
    return this.#state;
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** Goes on with the session of the cookie, where there is one. */
  async open(): Promise<void> {
    try {
      await this.#take(await calls.renew());
    } catch (error) {
      this.#become({ kind: 'signed-out' });
      if (!isSignInNeeded(error)) throw error;
    }
  }

  /** Raises ApiProblem: SIGN_IN_FAILED, SECOND_FACTOR_REQUIRED, … */
  async signIn(input: SignIn): Promise<void> {
    await this.#take(await calls.open(input));
  }

  async signOut(): Promise<void> {
    await calls.end();
    this.forget();
  }

  /** As signed out, without a word to the server: another tab has told it. */
  forget(): void {
    this.#token = undefined;
    this.#become({ kind: 'signed-out' });
    for (const settle of this.#waiting.splice(0)) settle(Promise.reject(new Error('signed out')));
  }

  async switchWorkspace(workspace: string): Promise<void> {
    await this.#take(await calls.switchWorkspace(await this.accessToken(), workspace));
  }

  /** One that is good for a while. Where the session has ended it resolves after the user has signed in again. */
  async accessToken(): Promise<string> {
    if (this.#token && this.#token.untilMs - MARGIN_MS > Date.now()) return this.#token.text;
    if (this.#state.kind === 'expired') return this.#signedInAgain();
    this.#renewal ??= this.#renew().finally(() => (this.#renewal = undefined));
    return this.#renewal;
  }

  /** The server has refused the token. */
  distrustToken(): void {
    this.#token = undefined;
  }

  async #renew(): Promise<string> {
    try {
      return await this.#take(await calls.renew());
    } catch (error) {
      if (!isSignInNeeded(error) || this.#state.kind !== 'signed-in') throw error;
      this.#token = undefined;
      this.#become({ kind: 'expired', identity: this.#state.identity });
      return this.#signedInAgain();
    }
  }

  #signedInAgain(): Promise<string> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  async #take({ accessToken, expiresInSeconds }: Token): Promise<string> {
    const known = this.#state.kind === 'signed-in' || this.#state.kind === 'expired' ? this.#state.identity : undefined;
    const identity = await calls.whoAmI(accessToken);
    this.#token = { text: accessToken, untilMs: Date.now() + expiresInSeconds * 1_000 };
    // The same object as before where nothing has changed: a renewal is no reason to draw the page anew.
    const unchanged = known && JSON.stringify(known) === JSON.stringify(identity);
    if (!unchanged || this.#state.kind !== 'signed-in') this.#become({ kind: 'signed-in', identity: unchanged ? known : identity });
    for (const settle of this.#waiting.splice(0)) settle(Promise.resolve(accessToken));
    return accessToken;
  }

  #become(state: SessionState): void {
    this.#state = state;
    for (const listener of this.#listeners) listener();
  }
}

function isSignInNeeded(error: unknown): boolean {
  return error instanceof ApiProblem && (error.problem.status === 401 || error.problem.status === 403);
}

export const session = new Session();

import { StartError } from './start-error.mjs';

/** A failed API call: the problem document's code and hint. */
export class ApiError extends Error {
  constructor(method, path, status, problem) {
    super(`${method} ${path}: ${status} ${problem?.code ?? ''} ${problem?.detail ?? problem?.title ?? ''}`.trim());
    this.status = status;
    this.code = problem?.code;
    this.hint = problem?.hint;
  }
}

/** How long a call is tried again while the scheduler does not answer: it may just be starting again. */
const patienceMs = 30_000;
const pauseMs = 500;

/**
 * The public REST API, called as any user would call it. Signs in again when the token ran out. A call that got no answer
 * is made again, so every POST must be repeatable: by its Idempotency-Key, or because a conflict says that it is done.
 */
export class ApiClient {
  #token;

  /** `credentials`: { username, password } or { apiKey }. */
  constructor(url, credentials) {
    Object.assign(this, { url, credentials });
  }

  async signIn() {
    const answer = await this.#send('POST', '/v1/auth/token', this.credentials);
    this.#token = answer.accessToken;
    return answer;
  }

  async call(method, path, body, headers = {}) {
    if (!this.#token) await this.signIn();
    try {
      return await this.#send(method, path, body, headers);
    } catch (error) {
      if (error.status !== 401) throw error;
      await this.signIn();
      return this.#send(method, path, body, headers);
    }
  }

  get = (path) => this.call('GET', path);
  post = (path, body = {}, headers = {}) => this.call('POST', path, body, headers);
  delete = (path) => this.call('DELETE', path);

  async #send(method, path, body, headers = {}) {
    for (const deadline = Date.now() + patienceMs; ;) {
      try {
        return await this.#sendOnce(method, path, body, headers);
      } catch (error) {
        const unanswered = error.status === undefined || error.status === 503;
        if (!unanswered || Date.now() > deadline) throw error;
        await new Promise((resolve) => setTimeout(resolve, pauseMs));
      }
    }
  }

  async #sendOnce(method, path, body, headers) {
    const response = await fetch(this.url + path, {
      method,
      headers: {
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(this.#token ? { authorization: `Bearer ${this.#token}` } : {}),
        ...headers,
      },
      body: body === undefined ? undefined : JSON.stringify(body),
      signal: AbortSignal.timeout(60_000),
    });
    const text = await response.text();
    const parsed = text.startsWith('{') || text.startsWith('[') ? JSON.parse(text) : undefined;
    if (!response.ok) throw new ApiError(method, path, response.status, parsed);
    return parsed;
  }
}

/** A second factor is asked for, which a program has not. */
const secondFactorAsked = (error) =>
  new StartError(
    'START_SECOND_FACTOR',
    `The API key in cli-token.json of the data folder is lost or was revoked, and no other can be made by the password alone (${error.code}).`,
    'Put cli-token.json back from a backup. Without one, start once with SMARTANT_SECOND_FACTOR_REQUIRED=false and, when admin has a second factor, with SMARTANT_RESET_SECOND_FACTOR_OF=admin and SMARTANT_RESET_SECOND_FACTOR_BEFORE=<now, as 2026-11-28T21:00:00Z>.',
    { cause: error },
  );

export function signInFailed(error) {
  if (['SECOND_FACTOR_ENROLMENT_REQUIRED', 'SECOND_FACTOR_REQUIRED'].includes(error.code)) return secondFactorAsked(error);
  return refused(error);
}

const refused = (error) =>
  new StartError(
    'START_SIGN_IN_FAILED',
    `The platform runs, but signing in failed: ${error.message}`,
    'Has the password of admin been changed, and data/cli-token.json been lost or its key revoked? Put the password into data/secrets/admin-password. Secrets and database belong together: restore both from the same backup.',
    { cause: error },
  );

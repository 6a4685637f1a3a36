import createClient, { type Client, type Middleware } from 'openapi-fetch';
import type { paths, Schema } from '@smartant/contracts/openapi';
import { SmartantError } from '@smartant/kernel';
import { KeptSession } from '../session/kept-session';
import type { Session } from '../session/session';
import { workspacesOfToken } from '../session/token-workspace';
import type { ClientTrace } from './client-trace';
import { problemToError, unreachable } from './problem';
import { isRepeatable, withPauses } from './retry-after';

/** Asked without the token of the session: they are how one is had. */
const PUBLIC = [
  '/v1/auth/token',
  '/v1/auth/refresh',
  '/v1/auth/workspace',
  '/v1/auth/oidc/{name}/start',
  '/v1/auth/oidc/token',
  '/v1/auth/second-factor/enrolment',
  '/v1/auth/second-factor/enrolment/confirm',
  '/v1/invitations/accept',
];

export interface Page<T> {
  items: T[];
  nextPageToken: string | null;
}

export interface Answer<T> {
  data?: T;
  error?: unknown;
  response: Response;
}

/**
 * How the API is asked: with a token, which is had at the first request and again when it runs out; in pages; again where a connection
 * broke. A request that could not be delivered raises CLI_UNREACHABLE, a refused one the server's own code.
 */
export class Connection {
  readonly client: Client<paths>;
  /** The workspace of the session, for paths. */
  readonly path: { ws: string };
  private accessToken: string | undefined;
  /** As it was had, before a switch to another workspace. */
  private signedInToken: string | undefined;
  private refusedToken: string | undefined;

  constructor(
    private readonly session: Session,
    fetchImplementation: typeof fetch,
    private readonly signal: AbortSignal,
    private readonly trace?: ClientTrace,
  ) {
    this.path = { ws: session.workspace };
    this.client = createClient<paths>({ baseUrl: session.url, fetch: (request) => deliver(request, fetchImplementation, signal) });
    this.client.use(this.authorize());
  }

  private authorize(): Middleware {
    const isPublic = (path: string) => PUBLIC.includes(path);
    return {
      onRequest: async ({ request, schemaPath }) => {
        if (this.trace) request.headers.set('traceparent', this.trace.traceparent());
        if (isPublic(schemaPath)) return request;
        this.accessToken ??= await this.inWorkspace(await this.signIn());
        request.headers.set('authorization', `Bearer ${this.accessToken}`);
        return request;
      },
    };
  }

  /** Signs in; what is asked next is asked with this token. */
  async token(body: Schema<'TokenRequest'>): Promise<Schema<'Token'>> {
    const token = await this.send(this.client.POST('/v1/auth/token', { body }));
    this.use(token.accessToken);
    return token;
  }

  /** What is asked next is asked with this token. */
  use(accessToken: string): void {
    this.accessToken = this.signedInToken = accessToken;
  }

  /** Takes the session along to another workspace. What is asked next is asked with the answer's token. */
  async switchWorkspace(workspace: string): Promise<Schema<'Token'>> {
    const token = await this.switched(this.accessToken ?? (await this.signIn()), workspace);
    this.use(token.accessToken);
    return token;
  }

  private async signIn(): Promise<string> {
    const { credential } = this.session;
    if (!(credential instanceof KeptSession)) return (await this.token(credential)).accessToken;
    return (this.signedInToken = await credential.accessToken(this.refusedToken, (refreshToken) =>
      this.send(this.client.POST('/v1/auth/refresh', { body: { refreshToken } })),
    ));
  }

  /** A token for the session's workspace in place of one for another of the user's. That of an API key is fixed, and the server says so. */
  private async inWorkspace(accessToken: string): Promise<string> {
    const { workspace, credential } = this.session;
    const known = workspacesOfToken(accessToken);
    if (workspace === '' || known.length === 0 || known.includes(workspace) || 'apiKey' in credential) return accessToken;
    return (await this.switched(accessToken, workspace)).accessToken;
  }

  private switched(accessToken: string, workspace: string): Promise<Schema<'Token'>> {
    const headers = { authorization: `Bearer ${accessToken}` };
    return this.send(this.client.POST('/v1/auth/workspace', { headers, body: { workspace } }));
  }

  /** The items of all pages, up to `limit`. */
  async all<T>(limit: number, fetchPage: (query: { pageSize: number; pageToken?: string }) => Promise<Answer<Page<T>>>): Promise<T[]> {
    const items: T[] = [];
    let pageToken: string | undefined;
    do {
      const query = { pageSize: Math.min(200, limit - items.length), pageToken };
      const page = await this.retryOnce(() => this.send(fetchPage(query)));
      items.push(...page.items);
      pageToken = page.nextPageToken ?? undefined;
    } while (pageToken && items.length < limit);
    return items;
  }

  /** Signs in again for reads whose token ran out in mid-way: listings and watches may outlive it. */
  async retryOnce<T>(read: () => Promise<T>): Promise<T> {
    try {
      return await read();
    } catch (error) {
      if (!(error instanceof SmartantError) || error.kind !== 'unauthenticated' || !this.accessToken) throw error;
      this.refusedToken = this.signedInToken;
      this.accessToken = undefined;
      return read();
    }
  }

  /** Resolves with the answer's body, or raises the server's refusal. */
  async send<T>(answer: Promise<Answer<T>>): Promise<T> {
    const { data, error, response } = await answer.catch((cause: unknown) => {
      if (cause instanceof SmartantError || this.signal.aborted) throw cause;
      throw unreachable(this.session.url, cause);
    });
    if (!response.ok) throw problemToError(response.status, error);
    return data as T;
  }
}

/**
 * Sends a request, and once more when the connection broke: reads, and those whose Idempotency-Key makes the server do
 * the work once. Waits and sends again where the server asks for a pause.
 */
function deliver(request: Request, fetchImplementation: typeof fetch, signal: AbortSignal): Promise<Response> {
  return withPauses(request, signal, async (next) => {
    const again = isRepeatable(next) ? next.clone() : undefined;
    try {
      return await fetchImplementation(next, { signal });
    } catch (error) {
      if (!again || signal.aborted) throw error;
      return fetchImplementation(again, { signal });
    }
  });
}

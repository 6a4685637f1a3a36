import { randomUUID } from 'node:crypto';
import createClient, { type Client, type Middleware } from 'openapi-fetch';
import type { paths, Schema } from '@smartant/contracts/openapi';
import { SmartantError } from '@smartant/kernel';
import { KeptSession } from '../session/kept-session';
import type { Session } from '../session/session';
import { AccountApi } from './account-api';
import { problemToError, unreachable } from './problem';
import { isRepeatable, withPauses } from './retry-after';
import { TenancyApi } from './tenancy-api';
import { workspacesOfToken } from '../session/token-workspace';

export type Migration = Schema<'Migration'>;
export type Endpoint = Schema<'Endpoint'>;
export type EndpointRef = Schema<'EndpointRefInput'>;
export type EndpointLocation = Schema<'EndpointLocationInput'>;
export type EndpointSecret = Schema<'EndpointSecretInput'>;
export type CreateMigration = Schema<'CreateMigrationRequest'>;
export type MigrationKind = CreateMigration['spec']['kind'];
export type Limits = Schema<'UpdateLimitsRequest'>;
export type Rates = Schema<'Rates'>;
export type Calendar = Schema<'Calendar'>;
export type Failure = Schema<'Failure'>;
export type WatchUpdate = Schema<'WatchUpdate'>;
export type Finding = Schema<'Finding'>;
export type PrecheckResult = Schema<'PrecheckResult'>;
export type AuditEntry = Schema<'AuditEntry'>;
export type Action = 'pause' | 'resume' | 'cancel' | 'cutover' | 'finalize' | 'rollback' | 'retry';

export interface AuditFilter {
  from?: string;
  to?: string;
  actor?: string;
  action?: string;
  target?: string;
}

/** Asked without the token of the session: they are how one is had. */
const PUBLIC = [
  '/v1/auth/token',
  '/v1/auth/refresh',
  '/v1/auth/workspace',
  '/v1/auth/oidc/{name}/start',
  '/v1/auth/oidc/token',
  '/v1/invitations/accept',
];

interface Page<T> {
  items: T[];
  nextPageToken: string | null;
}

interface Answer<T> {
  data?: T;
  error?: unknown;
  response: Response;
}

/**
 * The REST API as the commands need it. Signs in on first use and again when a token runs out; a request that could not
 * be delivered raises CLI_UNREACHABLE, a refused one the server's own code.
 */
export class Api {
  private readonly client: Client<paths>;
  private accessToken: string | undefined;
  /** As it was had, before a switch to another workspace. */
  private signedInToken: string | undefined;
  private refusedToken: string | undefined;
  private readonly path: { ws: string };
  readonly account: AccountApi;
  readonly tenancy: TenancyApi;

  constructor(
    private readonly session: Session,
    fetchImplementation: typeof fetch,
    private readonly signal: AbortSignal,
  ) {
    this.path = { ws: session.workspace };
    this.client = createClient<paths>({ baseUrl: session.url, fetch: (request) => deliver(request, fetchImplementation, signal) });
    this.client.use(this.authorize());
    this.account = new AccountApi(this.client, (answer) => this.send(answer));
    this.tenancy = new TenancyApi(this.client, this.path, (answer) => this.send(answer));
  }

  updateEndpoint(idOrName: string, body: Schema<'UpdateEndpointRequest'>): Promise<Endpoint> {
    const params = { path: { ...this.path, idOrName } };
    return this.send(this.client.PATCH('/v1/workspaces/{ws}/endpoints/{idOrName}', { params, body }));
  }

  /** Follows all pages, up to `limit` items. */
  async endpoints(limit = Infinity): Promise<Endpoint[]> {
    return this.all(limit, (query) => this.client.GET('/v1/workspaces/{ws}/endpoints', { params: { path: this.path, query } }));
  }

  endpoint(idOrName: string): Promise<Endpoint> {
    return this.send(this.client.GET('/v1/workspaces/{ws}/endpoints/{idOrName}', { params: { path: { ...this.path, idOrName } } }));
  }

  /** `key`: the Idempotency-Key; a new one when absent. */
  createEndpoint(body: Schema<'CreateEndpointRequest'>, key?: string): Promise<Endpoint> {
    const header = key === undefined ? idempotencyKey() : { 'Idempotency-Key': key };
    return this.send(this.client.POST('/v1/workspaces/{ws}/endpoints', { params: { path: this.path, header }, body }));
  }

  testEndpoint(idOrName: string): Promise<Schema<'EndpointTest'>> {
    return this.send(this.client.POST('/v1/workspaces/{ws}/endpoints/{idOrName}/test', { params: { path: { ...this.path, idOrName } } }));
  }

  /** What is at an endpoint, below a path: one page after another, up to `limit` items. */
  endpointItems(idOrName: string, path: string, limit = Infinity): Promise<Schema<'EndpointItem'>[]> {
    const params = { ...this.path, idOrName };
    return this.all(limit, (page) =>
      this.client.GET('/v1/workspaces/{ws}/endpoints/{idOrName}/items', { params: { path: params, query: { ...page, path } } }),
    );
  }

  async removeEndpoint(idOrName: string): Promise<void> {
    await this.send(this.client.DELETE('/v1/workspaces/{ws}/endpoints/{idOrName}', { params: { path: { ...this.path, idOrName } } }));
  }

  async fileRoots(): Promise<Schema<'FileRoot'>[]> {
    return (await this.send(this.client.GET('/v1/file-roots'))).items;
  }

  async parkedEvents(): Promise<Schema<'ParkedEvent'>[]> {
    return (await this.send(this.client.GET('/v1/admin/events/parked'))).items;
  }

  async replayParkedEvents(topic: string, group: string): Promise<number> {
    return (await this.send(this.client.POST('/v1/admin/events/replay', { body: { topic, group } }))).replayed;
  }

  addFileRoot(body: Schema<'FileRoot'>): Promise<Schema<'FileRoot'>> {
    return this.send(this.client.POST('/v1/file-roots', { body }));
  }

  async removeFileRoot(name: string): Promise<void> {
    await this.send(this.client.DELETE('/v1/file-roots/{name}', { params: { path: { name } } }));
  }

  migrations(limit = Infinity): Promise<Migration[]> {
    return this.all(limit, (query) => this.client.GET('/v1/workspaces/{ws}/migrations', { params: { path: this.path, query } }));
  }

  migration(id: string): Promise<Migration> {
    return this.send(this.client.GET('/v1/workspaces/{ws}/migrations/{id}', { params: { path: { ...this.path, id } } }));
  }

  async createMigration(body: CreateMigration): Promise<Migration> {
    const params = { path: this.path, header: idempotencyKey() };
    return (await this.send(this.client.POST('/v1/workspaces/{ws}/migrations', { params, body }))) as Migration;
  }

  /** A precheck and an estimate; nothing is kept. */
  async validateMigration(body: CreateMigration): Promise<PrecheckResult> {
    const params = { path: this.path, query: { validateOnly: 'true' as const } };
    return (await this.send(this.client.POST('/v1/workspaces/{ws}/migrations', { params, body }))) as PrecheckResult;
  }

  act(id: string, action: Action, body: Schema<'CutoverRequest'> = {}): Promise<Migration> {
    const params = { path: { ...this.path, id }, header: idempotencyKey() };
    if (action === 'cutover') return this.send(this.client.POST('/v1/workspaces/{ws}/migrations/{id}/cutover', { params, body }));
    return this.send(this.client.POST(`/v1/workspaces/{ws}/migrations/{id}/${action}`, { params }));
  }

  vaultStatus(): Promise<Schema<'VaultStatus'>> {
    return this.send(this.client.GET('/v1/admin/vault'));
  }

  rotateVault(dataKeys: boolean): Promise<Schema<'VaultRotation'>> {
    return this.send(this.client.POST('/v1/admin/vault/rotate', { body: { dataKeys } }));
  }

  endpointLimits(idOrName: string): Promise<Rates> {
    return this.send(this.client.GET('/v1/workspaces/{ws}/endpoints/{idOrName}/limits', { params: { path: { ...this.path, idOrName } } }));
  }

  setEndpointLimits(idOrName: string, body: Partial<Rates>): Promise<Rates> {
    const params = { path: { ...this.path, idOrName } };
    return this.send(this.client.PATCH('/v1/workspaces/{ws}/endpoints/{idOrName}/limits', { params, body }));
  }

  workspaceLimits(): Promise<Rates> {
    return this.send(this.client.GET('/v1/workspaces/{ws}/limits', { params: { path: this.path } }));
  }

  setWorkspaceLimits(body: Partial<Rates>): Promise<Rates> {
    return this.send(this.client.PATCH('/v1/workspaces/{ws}/limits', { params: { path: this.path }, body }));
  }

  setLimits(id: string, body: Limits): Promise<Migration> {
    return this.send(this.client.PATCH('/v1/workspaces/{ws}/migrations/{id}/limits', { params: { path: { ...this.path, id } }, body }));
  }

  async removeMigration(id: string): Promise<void> {
    await this.send(this.client.DELETE('/v1/workspaces/{ws}/migrations/{id}', { params: { path: { ...this.path, id } } }));
  }

  failures(id: string, limit = Infinity): Promise<Failure[]> {
    const path = { ...this.path, id };
    return this.all(limit, (query) => this.client.GET('/v1/workspaces/{ws}/migrations/{id}/failures', { params: { path, query } }));
  }

  async resolveFailures(id: string, body: Schema<'ResolveFailuresRequest'>): Promise<number> {
    const params = { path: { ...this.path, id } };
    return (await this.send(this.client.POST('/v1/workspaces/{ws}/migrations/{id}/failures/resolve', { params, body }))).resolved;
  }

  /** The body of the event stream. */
  async watch(id: string): Promise<ReadableStream<Uint8Array>> {
    const params = { path: { ...this.path, id } };
    const body = await this.send(this.client.GET('/v1/workspaces/{ws}/migrations/{id}/watch', { params, parseAs: 'stream' }));
    return body as unknown as ReadableStream<Uint8Array>;
  }

  /** Of the workspace, or of the whole platform; newest first. */
  audit(filter: AuditFilter, limit: number, all: boolean): Promise<AuditEntry[]> {
    return this.all(limit, (page) => {
      const query = { ...filter, ...page };
      if (all) return this.client.GET('/v1/audit', { params: { query } });
      return this.client.GET('/v1/workspaces/{ws}/audit', { params: { path: this.path, query } });
    });
  }

  /** The body of an export: lines. */
  async exportAudit({ after, all }: { after?: number; all: boolean }): Promise<ReadableStream<Uint8Array>> {
    const answer = all
      ? this.client.GET('/v1/audit/export', { parseAs: 'stream' })
      : this.client.GET('/v1/workspaces/{ws}/audit/export', { params: { path: this.path, query: { after } }, parseAs: 'stream' });
    return (await this.send<unknown>(answer)) as ReadableStream<Uint8Array>;
  }

  report(id: string): Promise<Schema<'DsseEnvelope'>> {
    return this.send(this.client.GET('/v1/workspaces/{ws}/migrations/{id}/report', { params: { path: { ...this.path, id } } }));
  }

  async reportKeys(): Promise<Schema<'ReportKey'>[]> {
    return (await this.send(this.client.GET('/v1/report-keys'))).keys;
  }

  whoAmI(): Promise<Schema<'Identity'>> {
    return this.send(this.client.GET('/v1/auth/me'));
  }

  version(): Promise<Schema<'Version'>> {
    return this.send(this.client.GET('/v1/version'));
  }

  createApiKey(name: string): Promise<Schema<'CreatedApiKey'>> {
    return this.send(this.client.POST('/v1/api-keys', { body: { name } }));
  }

  async removeApiKey(id: string): Promise<void> {
    await this.send(this.client.DELETE('/v1/api-keys/{id}', { params: { path: { id } } }));
  }

  private authorize(): Middleware {
    const isPublic = (path: string) => PUBLIC.includes(path);
    return {
      onRequest: async ({ request, schemaPath }) => {
        if (isPublic(schemaPath)) return undefined;
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

  private async all<T>(
    limit: number,
    fetchPage: (query: { pageSize: number; pageToken?: string }) => Promise<Answer<Page<T>>>,
  ): Promise<T[]> {
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

  private async send<T>(answer: Promise<Answer<T>>): Promise<T> {
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

/** The same key for each delivery of one request. */
function idempotencyKey(): { 'Idempotency-Key': string } {
  return { 'Idempotency-Key': randomUUID() };
}

import { randomUUID } from 'node:crypto';
import type { operations, Schema } from '@smartant/contracts/openapi';
import type { Session } from '../session/session';
import { AccountApi } from './account-api';
import { AlertApi } from './alert-api';
import type { ClientTrace } from './client-trace';
import { Connection } from './connection';
import { NotificationApi } from './notification-api';
import { PlatformApi } from './platform-api';
import { RecordApi } from './record-api';
import { TenancyApi } from './tenancy-api';

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
/** Absent fields let everything through; values that there are not are refused by the server. */
export type MigrationFilter = Omit<NonNullable<operations['listMigrations']['parameters']['query']>, 'pageSize' | 'pageToken'>;
export type WatchUpdate = Schema<'WatchUpdate'>;
export type Finding = Schema<'Finding'>;
export type PrecheckResult = Schema<'PrecheckResult'>;
export type TranscriptEntry = Schema<'TranscriptEntry'>;
export type Check = Schema<'Check'>;
export type KubevirtQuery = NonNullable<operations['getKubevirtManifests']['parameters']['query']>;
export type Action = 'pause' | 'resume' | 'cancel' | 'rehearse' | 'cutover' | 'finalize' | 'rollback' | 'retry';

/** The REST API as the commands need it. Raises what `Connection` raises. */
export class Api {
  private readonly connection: Connection;
  private readonly client: Connection['client'];
  private readonly path: Connection['path'];
  readonly account: AccountApi;
  readonly tenancy: TenancyApi;
  readonly platform: PlatformApi;
  readonly alerts: AlertApi;
  readonly records: RecordApi;

  constructor(session: Session, fetchImplementation: typeof fetch, signal: AbortSignal, trace?: ClientTrace) {
    const connection = new Connection(session, fetchImplementation, signal, trace);
    this.connection = connection;
    this.client = connection.client;
    this.path = connection.path;
    this.account = new AccountApi(this.client, (answer) => connection.send(answer));
    this.tenancy = new TenancyApi(this.client, this.path, (answer) => connection.send(answer));
    this.platform = new PlatformApi(connection);
    this.alerts = new AlertApi(connection);
    this.records = new RecordApi(connection);
  }

  /** Of the workspace, or of the platform as a whole. */
  notifications(ofPlatform: boolean): NotificationApi {
    return new NotificationApi(this.connection, ofPlatform);
  }

  /** Signs in; what is asked next is asked with this token. */
  token(body: Schema<'TokenRequest'>): Promise<Schema<'Token'>> {
    return this.connection.token(body);
  }

  /** What is asked next is asked with this token. */
  use(accessToken: string): void {
    this.connection.use(accessToken);
  }

  /** Takes the session along to another workspace. What is asked next is asked with the answer's token. */
  switchWorkspace(workspace: string): Promise<Schema<'Token'>> {
    return this.connection.switchWorkspace(workspace);
  }

  /** Signs in again for reads whose token ran out in mid-way: listings and watches may outlive it. */
  retryOnce<T>(read: () => Promise<T>): Promise<T> {
    return this.connection.retryOnce(read);
  }

  updateEndpoint(idOrName: string, body: Schema<'UpdateEndpointRequest'>): Promise<Endpoint> {
    const params = { path: { ...this.path, idOrName } };
    return this.connection.send(this.client.PATCH('/v1/workspaces/{ws}/endpoints/{idOrName}', { params, body }));
  }

  /** Follows all pages, up to `limit` items. */
  async endpoints(limit = Infinity): Promise<Endpoint[]> {
    return this.connection.all(limit, (query) => this.client.GET('/v1/workspaces/{ws}/endpoints', { params: { path: this.path, query } }));
  }

  endpoint(idOrName: string): Promise<Endpoint> {
    return this.connection.send(
      this.client.GET('/v1/workspaces/{ws}/endpoints/{idOrName}', { params: { path: { ...this.path, idOrName } } }),
    );
  }

  /** `key`: the Idempotency-Key; a new one when absent. */
  createEndpoint(body: Schema<'CreateEndpointRequest'>, key?: string): Promise<Endpoint> {
    const header = key === undefined ? idempotencyKey() : { 'Idempotency-Key': key };
    return this.connection.send(this.client.POST('/v1/workspaces/{ws}/endpoints', { params: { path: this.path, header }, body }));
  }

  testEndpoint(idOrName: string): Promise<Schema<'EndpointTest'>> {
    return this.connection.send(
      this.client.POST('/v1/workspaces/{ws}/endpoints/{idOrName}/test', { params: { path: { ...this.path, idOrName } } }),
    );
  }

  /** What is at an endpoint, below a path: one page after another, up to `limit` items. */
  endpointItems(idOrName: string, path: string, limit = Infinity): Promise<Schema<'EndpointItem'>[]> {
    const params = { ...this.path, idOrName };
    return this.connection.all(limit, (page) =>
      this.client.GET('/v1/workspaces/{ws}/endpoints/{idOrName}/items', { params: { path: params, query: { ...page, path } } }),
    );
  }

  async removeEndpoint(idOrName: string): Promise<void> {
    await this.connection.send(
      this.client.DELETE('/v1/workspaces/{ws}/endpoints/{idOrName}', { params: { path: { ...this.path, idOrName } } }),
    );
  }

  migrations(limit = Infinity, filter: MigrationFilter = {}): Promise<Migration[]> {
    return this.connection.all(limit, (page) =>
      this.client.GET('/v1/workspaces/{ws}/migrations', { params: { path: this.path, query: { ...page, ...filter } } }),
    );
  }

  migration(id: string): Promise<Migration> {
    return this.connection.send(this.client.GET('/v1/workspaces/{ws}/migrations/{id}', { params: { path: { ...this.path, id } } }));
  }

  async createMigration(body: CreateMigration): Promise<Migration> {
    const params = { path: this.path, header: idempotencyKey() };
    return (await this.connection.send(this.client.POST('/v1/workspaces/{ws}/migrations', { params, body }))) as Migration;
  }

  /** A precheck and an estimate; nothing is kept. */
  async validateMigration(body: CreateMigration): Promise<PrecheckResult> {
    const params = { path: this.path, query: { validateOnly: 'true' as const } };
    return (await this.connection.send(this.client.POST('/v1/workspaces/{ws}/migrations', { params, body }))) as PrecheckResult;
  }

  act(id: string, action: Action, body: Schema<'CutoverRequest'> = {}): Promise<Migration> {
    const params = { path: { ...this.path, id }, header: idempotencyKey() };
    if (action === 'cutover')
      return this.connection.send(this.client.POST('/v1/workspaces/{ws}/migrations/{id}/cutover', { params, body }));
    return this.connection.send(this.client.POST(`/v1/workspaces/{ws}/migrations/{id}/${action}`, { params }));
  }

  endpointLimits(idOrName: string): Promise<Rates> {
    return this.connection.send(
      this.client.GET('/v1/workspaces/{ws}/endpoints/{idOrName}/limits', { params: { path: { ...this.path, idOrName } } }),
    );
  }

  setEndpointLimits(idOrName: string, body: Partial<Rates>): Promise<Rates> {
    const params = { path: { ...this.path, idOrName } };
    return this.connection.send(this.client.PATCH('/v1/workspaces/{ws}/endpoints/{idOrName}/limits', { params, body }));
  }

  workspaceLimits(): Promise<Rates> {
    return this.connection.send(this.client.GET('/v1/workspaces/{ws}/limits', { params: { path: this.path } }));
  }

  setWorkspaceLimits(body: Partial<Rates>): Promise<Rates> {
    return this.connection.send(this.client.PATCH('/v1/workspaces/{ws}/limits', { params: { path: this.path }, body }));
  }

  setLimits(id: string, body: Limits): Promise<Migration> {
    return this.connection.send(
      this.client.PATCH('/v1/workspaces/{ws}/migrations/{id}/limits', { params: { path: { ...this.path, id } }, body }),
    );
  }

  applyFixes(id: string, body: Schema<'ApplyFixesRequest'>): Promise<Schema<'AppliedFixes'>> {
    const params = { path: { ...this.path, id } };
    return this.connection.send(this.client.POST('/v1/workspaces/{ws}/migrations/{id}/precheck/fixes', { params, body }));
  }

  changeTables(id: string, body: Partial<Schema<'ChangeTablesRequest'>>): Promise<Migration> {
    const params = { path: { ...this.path, id } };
    return this.connection.send(this.client.POST('/v1/workspaces/{ws}/migrations/{id}/tables', { params, body }));
  }

  async removeMigration(id: string): Promise<void> {
    await this.connection.send(this.client.DELETE('/v1/workspaces/{ws}/migrations/{id}', { params: { path: { ...this.path, id } } }));
  }

  failures(id: string, limit = Infinity): Promise<Failure[]> {
    const path = { ...this.path, id };
    return this.connection.all(limit, (query) =>
      this.client.GET('/v1/workspaces/{ws}/migrations/{id}/failures', { params: { path, query } }),
    );
  }

  /** What happened to a migration, newest first. */
  migrationEvents(id: string, limit = Infinity): Promise<Schema<'MigrationEvent'>[]> {
    const path = { ...this.path, id };
    return this.connection.all(limit, (query) =>
      this.client.GET('/v1/workspaces/{ws}/migrations/{id}/events', { params: { path, query } }),
    );
  }

  /** What was run at the hosts of a migration, oldest first. */
  transcript(id: string, runId: string | undefined, limit = Infinity): Promise<TranscriptEntry[]> {
    const path = { ...this.path, id };
    const of = runId === undefined ? {} : { runId };
    return this.connection.all(limit, (query) =>
      this.client.GET('/v1/workspaces/{ws}/migrations/{id}/transcript', { params: { path, query: { ...query, ...of } } }),
    );
  }

  /** Newest first. */
  async checks(id: string): Promise<Check[]> {
    const params = { path: { ...this.path, id } };
    return (await this.connection.send(this.client.GET('/v1/workspaces/{ws}/migrations/{id}/checks', { params }))).items;
  }

  /** Compares, repairs or previews beside the stream of a live database. */
  askCheck(id: string, body: Schema<'AskCheckRequest'>): Promise<Check> {
    const params = { path: { ...this.path, id }, header: idempotencyKey() };
    return this.connection.send(this.client.POST('/v1/workspaces/{ws}/migrations/{id}/checks', { params, body }));
  }

  /** A DataVolume and a VirtualMachine, as `kubectl apply` takes them. */
  kubevirtManifests(id: string, query: KubevirtQuery): Promise<Schema<'KubernetesList'>> {
    const params = { path: { ...this.path, id }, query };
    return this.connection.send(this.client.GET('/v1/workspaces/{ws}/migrations/{id}/kubevirt-manifests', { params }));
  }

  /** The migration that uploads the image. */
  uploadImage(id: string, body: Schema<'UploadImageRequest'>): Promise<Migration> {
    const params = { path: { ...this.path, id }, header: idempotencyKey() };
    return this.connection.send(this.client.POST('/v1/workspaces/{ws}/migrations/{id}/image-uploads', { params, body }));
  }

  async resolveFailures(id: string, body: Schema<'ResolveFailuresRequest'>): Promise<number> {
    const params = { path: { ...this.path, id } };
    return (await this.connection.send(this.client.POST('/v1/workspaces/{ws}/migrations/{id}/failures/resolve', { params, body })))
      .resolved;
  }

  /** The body of the event stream. */
  async watch(id: string): Promise<ReadableStream<Uint8Array>> {
    const params = { path: { ...this.path, id } };
    const body = await this.connection.send(this.client.GET('/v1/workspaces/{ws}/migrations/{id}/watch', { params, parseAs: 'stream' }));
    return body as unknown as ReadableStream<Uint8Array>;
  }

  report(id: string): Promise<Schema<'DsseEnvelope'>> {
    return this.connection.send(this.client.GET('/v1/workspaces/{ws}/migrations/{id}/report', { params: { path: { ...this.path, id } } }));
  }

  async reportKeys(): Promise<Schema<'ReportKey'>[]> {
    return (await this.connection.send(this.client.GET('/v1/report-keys'))).keys;
  }

  whoAmI(): Promise<Schema<'Identity'>> {
    return this.connection.send(this.client.GET('/v1/auth/me'));
  }

  version(): Promise<Schema<'Version'>> {
    return this.connection.send(this.client.GET('/v1/version'));
  }

  createApiKey(name: string): Promise<Schema<'CreatedApiKey'>> {
    return this.connection.send(this.client.POST('/v1/api-keys', { body: { name } }));
  }

  async removeApiKey(id: string): Promise<void> {
    await this.connection.send(this.client.DELETE('/v1/api-keys/{id}', { params: { path: { id } } }));
  }
}

/** The same key for each delivery of one request. */
function idempotencyKey(): { 'Idempotency-Key': string } {
  return { 'Idempotency-Key': randomUUID() };
}

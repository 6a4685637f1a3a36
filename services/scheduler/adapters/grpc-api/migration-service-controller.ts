import type { Metadata, ServerUnaryCall, ServerWritableStream } from '@grpc/grpc-js';
import { Inject } from '@nestjs/common';
import { GrpcMethod } from '@nestjs/microservices';
import type { migrationV1 } from '@smartant/contracts';
import { RpcController, streamOf, type IncomingCall } from '@smartant/platform/grpc';
import type { Observable } from 'rxjs';
import type { RefusalLog } from '../../application/audit/refusal-log';
import type { Caller, MigrationUseCases, WorkspaceUseCases } from '../../application/use-cases';
import { migrationToProto } from './migration-to-proto';
import { noteRefusedUseCase, serviceOf } from './note-refused-call';
import { actionOf, migrationInput, pageRequest, requestIdOf, required } from './request-from-proto';

export const GRPC_USE_CASES = Symbol('smartant:grpc-use-cases');
export const GRPC_REFUSALS = Symbol('smartant:grpc-refusals');

/** What `MigrationService` calls. */
export interface GrpcApiUseCases {
  migrations: MigrationUseCases;
  workspaces: WorkspaceUseCases;
}

type Unary<Request> = ServerUnaryCall<Request, unknown>;
/** `getPath`: the RPC, with its service. */
type Call = IncomingCall & { getPath(): string };

/**
 * `smartant.migration.v1.MigrationService`: the use cases of the REST API for internal clients. Who may call is decided by the RPC policy in
 * `proto/` and the peer's certificate (or the mesh); a caller acts as an operator of the workspace that it names.
 */
@RpcController()
export class MigrationServiceController {
  constructor(
    @Inject(GRPC_USE_CASES) private readonly useCases: GrpcApiUseCases,
    @Inject(GRPC_REFUSALS) private readonly refusals: Pick<RefusalLog, 'note'>,
  ) {}

  @GrpcMethod('MigrationService', 'CreateMigration')
  async createMigration(
    request: migrationV1.CreateMigrationRequest,
    _metadata: Metadata,
    call: Unary<migrationV1.CreateMigrationRequest>,
  ): Promise<migrationV1.CreateMigrationResponse> {
    const input = migrationInput(request);
    const requestId = requestIdOf(request);
    const migration = await this.as(request, call, (caller) => this.useCases.migrations.create(caller, input, requestId));
    return { migration: migrationToProto(migration) };
  }

  @GrpcMethod('MigrationService', 'GetMigration')
  async getMigration(
    request: migrationV1.GetMigrationRequest,
    _metadata: Metadata,
    call: Unary<migrationV1.GetMigrationRequest>,
  ): Promise<migrationV1.GetMigrationResponse> {
    const id = required('id', request.id);
    return { migration: migrationToProto(await this.as(request, call, (caller) => this.useCases.migrations.get(caller, id))) };
  }

  @GrpcMethod('MigrationService', 'ListMigrations')
  async listMigrations(
    request: migrationV1.ListMigrationsRequest,
    _metadata: Metadata,
    call: Unary<migrationV1.ListMigrationsRequest>,
  ): Promise<migrationV1.ListMigrationsResponse> {
    const wanted = pageRequest(request);
    const page = await this.as(request, call, (caller) => this.useCases.migrations.list(caller, wanted));
    return { migrations: page.items.map(migrationToProto), nextPageToken: page.nextPageToken ?? '' };
  }

  @GrpcMethod('MigrationService', 'ControlMigration')
  async controlMigration(
    request: migrationV1.ControlMigrationRequest,
    _metadata: Metadata,
    call: Unary<migrationV1.ControlMigrationRequest>,
  ): Promise<migrationV1.ControlMigrationResponse> {
    const action = actionOf(request);
    const id = required('id', request.id);
    const options = { requestId: requestIdOf(request), ...(action === 'cutover' ? { sourceFrozen: request.sourceFrozen } : {}) };
    const migration = await this.as(request, call, (caller) => this.useCases.migrations.act(caller, id, action, options));
    return { migration: migrationToProto(migration) };
  }

  @GrpcMethod('MigrationService', 'WatchMigration')
  watchMigration(
    request: migrationV1.WatchMigrationRequest,
    _metadata: Metadata,
    call: ServerWritableStream<migrationV1.WatchMigrationRequest, migrationV1.WatchMigrationResponse>,
  ): Observable<migrationV1.WatchMigrationResponse> {
    return streamOf(call, (signal) => this.updates(request, call, signal));
  }

  private async *updates(
    request: migrationV1.WatchMigrationRequest,
    call: Call,
    signal: AbortSignal,
  ): AsyncIterable<migrationV1.WatchMigrationResponse> {
    const id = required('id', request.id);
    let workspaceId: string | null = null;
    try {
      const caller = await this.caller(request, call);
      workspaceId = caller.workspaceId;
      for await (const { migration } of this.useCases.migrations.watch(caller, id, signal))
        yield { migration: migrationToProto(migration) };
    } catch (error) {
      noteRefusedUseCase(this.refusals, call, workspaceId, error);
      throw error;
    }
  }

  /** Does the work as the caller, and notes if it is refused. */
  private async as<T>(request: { workspaceId: string }, call: Call, work: (caller: Caller) => Promise<T>): Promise<T> {
    let workspaceId: string | null = null;
    try {
      const caller = await this.caller(request, call);
      workspaceId = caller.workspaceId;
      return await work(caller);
    } catch (error) {
      noteRefusedUseCase(this.refusals, call, workspaceId, error);
      throw error;
    }
  }

  /** Raises WORKSPACE_NOT_FOUND and WORKSPACE_DISABLED. */
  private async caller({ workspaceId }: { workspaceId: string }, call: Call): Promise<Caller> {
    const workspace = await this.useCases.workspaces.resolve(required('workspace_id', workspaceId));
    return { ...serviceOf(call), workspaceId: workspace.id, role: 'operator' };
  }
}

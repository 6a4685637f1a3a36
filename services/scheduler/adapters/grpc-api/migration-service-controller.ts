import type { Metadata, ServerUnaryCall, ServerWritableStream } from '@grpc/grpc-js';
import { Inject } from '@nestjs/common';
import { GrpcMethod } from '@nestjs/microservices';
import type { migrationV1 } from '@smartant/contracts';
import { callerOf, RpcController, streamOf, type IncomingCall } from '@smartant/platform/grpc';
import { currentTraceId } from '@smartant/platform/telemetry';
import type { Observable } from 'rxjs';
import type { Caller, MigrationUseCases, WorkspaceUseCases } from '../../application/use-cases';
import { migrationToProto } from './migration-to-proto';
import { actionOf, migrationInput, pageRequest, requestIdOf, required } from './request-from-proto';

export const GRPC_USE_CASES = Symbol('smartant:grpc-use-cases');

/** What `MigrationService` calls. */
export interface GrpcApiUseCases {
  migrations: MigrationUseCases;
  workspaces: WorkspaceUseCases;
}

type Unary<Request> = ServerUnaryCall<Request, unknown>;

/**
 * `smartant.migration.v1.MigrationService`: the use cases of the REST API for internal clients. Who may call is decided by the RPC policy in
 * `proto/` and the peer's certificate (or the mesh); a caller acts as an operator of the workspace that it names.
 */
@RpcController()
export class MigrationServiceController {
  constructor(@Inject(GRPC_USE_CASES) private readonly useCases: GrpcApiUseCases) {}

  @GrpcMethod('MigrationService', 'CreateMigration')
  async createMigration(
    request: migrationV1.CreateMigrationRequest,
    _metadata: Metadata,
    call: Unary<migrationV1.CreateMigrationRequest>,
  ): Promise<migrationV1.CreateMigrationResponse> {
    const input = migrationInput(request);
    const migration = await this.useCases.migrations.create(await this.caller(request, call), input, requestIdOf(request));
    return { migration: migrationToProto(migration) };
  }

  @GrpcMethod('MigrationService', 'GetMigration')
  async getMigration(
    request: migrationV1.GetMigrationRequest,
    _metadata: Metadata,
    call: Unary<migrationV1.GetMigrationRequest>,
  ): Promise<migrationV1.GetMigrationResponse> {
    const id = required('id', request.id);
    return { migration: migrationToProto(await this.useCases.migrations.get(await this.caller(request, call), id)) };
  }

  @GrpcMethod('MigrationService', 'ListMigrations')
  async listMigrations(
    request: migrationV1.ListMigrationsRequest,
    _metadata: Metadata,
    call: Unary<migrationV1.ListMigrationsRequest>,
  ): Promise<migrationV1.ListMigrationsResponse> {
    const page = await this.useCases.migrations.list(await this.caller(request, call), pageRequest(request));
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
    const migration = await this.useCases.migrations.act(await this.caller(request, call), id, action, options);
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
    call: IncomingCall,
    signal: AbortSignal,
  ): AsyncIterable<migrationV1.WatchMigrationResponse> {
    const id = required('id', request.id);
    const caller = await this.caller(request, call);
    for await (const { migration } of this.useCases.migrations.watch(caller, id, signal)) yield { migration: migrationToProto(migration) };
  }

  /** Raises WORKSPACE_NOT_FOUND. Without a certificate (in a mesh) the caller is only known as an internal client. */
  private async caller({ workspaceId }: { workspaceId: string }, call: IncomingCall): Promise<Caller> {
    const workspace = await this.useCases.workspaces.resolve(required('workspace_id', workspaceId));
    const origin = { address: call.getPeer(), credential: 'service', traceId: currentTraceId() ?? null };
    return { userId: `service:${callerOf(call) ?? 'internal-client'}`, workspaceId: workspace.id, role: 'operator', origin };
  }
}

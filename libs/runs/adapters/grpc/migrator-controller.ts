import type { Metadata, ServerUnaryCall } from '@grpc/grpc-js';
import { Inject } from '@nestjs/common';
import { GrpcMethod } from '@nestjs/microservices';
import { migratorV1 } from '@smartant/contracts';
import { RpcController, signalOf } from '@smartant/platform/grpc';
import { accessFromProto, limitsFromProto } from './common-from-proto';
import type { MigratorCalls } from './migrator-calls';
import { invalid } from './request-invalid';
import { failureToProto, findingToProto } from './to-proto';

export const MIGRATOR_CALLS = Symbol('MigratorCalls');

const { ResolveFailuresRequest_Resolution: Resolution } = migratorV1;
type Call = ServerUnaryCall<unknown, unknown>;

/** smartant.migrator.v1.MigratorService: generated types in and out, use cases between. */
@RpcController()
export class MigratorController {
  constructor(@Inject(MIGRATOR_CALLS) private readonly calls: MigratorCalls) {}

  @GrpcMethod('MigratorService', 'Probe')
  async probe(request: migratorV1.ProbeRequest, _metadata: Metadata, call: Call): Promise<migratorV1.ProbeResponse> {
    const endpoint = this.calls.wire.endpoint(request.endpoint, 'endpoint');
    const view = await this.calls.probing.probe(endpoint, accessFromProto(request.access), signalOf(call));
    return { ...view, findings: view.findings.map(findingToProto) };
  }

  @GrpcMethod('MigratorService', 'Discover')
  async discover(request: migratorV1.DiscoverRequest, _metadata: Metadata, call: Call): Promise<migratorV1.DiscoverResponse> {
    const endpoint = this.calls.wire.endpoint(request.endpoint, 'endpoint');
    const access = accessFromProto(request.access);
    const page = await this.calls.probing.discover(endpoint, access, request.path, request.pageSize, request.pageToken, signalOf(call));
    return { items: page.items, nextPageToken: page.nextPageToken ?? '' };
  }

  @GrpcMethod('MigratorService', 'Estimate')
  estimate(request: migratorV1.EstimateRequest, _metadata: Metadata, call: Call): Promise<migratorV1.EstimateResponse> {
    const { wire, probing } = this.calls;
    const source = wire.endpoint(request.source, 'source');
    return probing.estimate(source, wire.scope(request.scope), accessFromProto(request.access), signalOf(call));
  }

  @GrpcMethod('MigratorService', 'Precheck')
  async precheck(request: migratorV1.PrecheckRequest, _metadata: Metadata, call: Call): Promise<migratorV1.PrecheckResponse> {
    const { wire, probing } = this.calls;
    const [source, target] = [wire.endpoint(request.source, 'source'), wire.endpoint(request.target, 'target')];
    const access = accessFromProto(request.access);
    const result = await probing.precheck(source, target, wire.scope(request.scope), access, signalOf(call));
    return { findings: result.findings.map(findingToProto), estimate: result.estimate };
  }

  @GrpcMethod('MigratorService', 'StartPhase')
  async startPhase(request: migratorV1.StartPhaseRequest): Promise<migratorV1.StartPhaseResponse> {
    return { run: this.calls.wire.run(await this.calls.runs.start(this.calls.wire.order(request))) };
  }

  @GrpcMethod('MigratorService', 'Pause')
  async pause({ runId }: migratorV1.PauseRequest): Promise<migratorV1.PauseResponse> {
    return { run: this.calls.wire.run(await this.calls.runs.pause(runId)) };
  }

  @GrpcMethod('MigratorService', 'Resume')
  async resume({ runId }: migratorV1.ResumeRequest): Promise<migratorV1.ResumeResponse> {
    return { run: this.calls.wire.run(await this.calls.runs.resume(runId)) };
  }

  @GrpcMethod('MigratorService', 'Cancel')
  async cancel({ runId, migrationId, epoch }: migratorV1.CancelRequest): Promise<migratorV1.CancelResponse> {
    const view = await this.calls.runs.cancel(runId, migrationId, epoch);
    return { run: view ? this.calls.wire.run(view) : undefined };
  }

  @GrpcMethod('MigratorService', 'SetLimits')
  async setLimits(request: migratorV1.SetLimitsRequest): Promise<migratorV1.SetLimitsResponse> {
    await this.calls.runs.setLimits(request.migrationId, limitsFromProto(request));
    return {};
  }

  @GrpcMethod('MigratorService', 'GetRun')
  async getRun({ runId }: migratorV1.GetRunRequest): Promise<migratorV1.GetRunResponse> {
    return { run: this.calls.wire.run(await this.calls.runs.get(runId)) };
  }

  @GrpcMethod('MigratorService', 'ListFailures')
  async listFailures(request: migratorV1.ListFailuresRequest): Promise<migratorV1.ListFailuresResponse> {
    const { failures, nextPageToken } = await this.calls.failures.list(request.migrationId, request.pageSize, request.pageToken);
    return { failures: failures.map(failureToProto), nextPageToken };
  }

  @GrpcMethod('MigratorService', 'ResolveFailures')
  async resolveFailures(request: migratorV1.ResolveFailuresRequest): Promise<migratorV1.ResolveFailuresResponse> {
    const { migrationId, failureIds, resolution, actor, reason } = request;
    if (resolution !== Resolution.RESOLUTION_RETRY && resolution !== Resolution.RESOLUTION_WAIVE) throw invalid('resolution');
    const state = resolution === Resolution.RESOLUTION_RETRY ? 'retrying' : 'waived';
    return { resolved: await this.calls.failures.resolve(migrationId, failureIds, { state, actor, reason }) };
  }
}

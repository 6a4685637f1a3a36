import type { Metadata, ServerUnaryCall } from '@grpc/grpc-js';
import { Inject } from '@nestjs/common';
import { GrpcMethod } from '@nestjs/microservices';
import { migratorV1 } from '@smartant/contracts';
import { SmartantError } from '@smartant/kernel';
import { RpcController, signalOf } from '@smartant/platform/grpc';
import { accessFromProto, limitsFromProto } from './common-from-proto';
import type { CheckCalls, MigratorCalls } from './migrator-calls';
import { invalid } from './request-invalid';
import { BYTE_COUNTERS, cellsOf, shardsOf, shardStateFromProto, shardToProto } from './shard-to-proto';
import { appliedFixToProto, failureToProto, findingToProto } from './to-proto';

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
    const { findings, estimate, inventory, layout } = result;
    return {
      findings: findings.map(findingToProto),
      estimate,
      inventory: inventory ?? undefined,
      layout: layout ?? undefined,
    };
  }

  @GrpcMethod('MigratorService', 'ApplyFixes')
  async applyFixes(request: migratorV1.ApplyFixesRequest, _metadata: Metadata, call: Call): Promise<migratorV1.ApplyFixesResponse> {
    const { wire, probing } = this.calls;
    const { codes, includeUnsafe } = request;
    const [source, target] = [wire.endpoint(request.source, 'source'), wire.endpoint(request.target, 'target')];
    const access = accessFromProto(request.access);
    if (!probing.applyFixes) throw noFixes();
    const wanted = { codes, includeUnsafe };
    const { applied, findings } = await probing.applyFixes(source, target, wire.scope(request.scope), access, wanted, signalOf(call));
    return { applied: applied.map(appliedFixToProto), findings: findings.map(findingToProto) };
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

  @GrpcMethod('MigratorService', 'ListTranscript')
  async listTranscript(request: migratorV1.ListTranscriptRequest): Promise<migratorV1.ListTranscriptResponse> {
    const { migrationId, runId, pageSize, pageToken } = request;
    const none = { entries: [], nextPageToken: '', omitted: 0 };
    return this.calls.transcript?.list(migrationId, runId, pageSize, pageToken) ?? none;
  }

  @GrpcMethod('MigratorService', 'ResolveFailures')
  async resolveFailures(request: migratorV1.ResolveFailuresRequest): Promise<migratorV1.ResolveFailuresResponse> {
    const { migrationId, failureIds, resolution, actor, reason } = request;
    if (resolution !== Resolution.RESOLUTION_RETRY && resolution !== Resolution.RESOLUTION_WAIVE) throw invalid('resolution');
    const state = resolution === Resolution.RESOLUTION_RETRY ? 'retrying' : 'waived';
    return { resolved: await this.calls.failures.resolve(migrationId, failureIds, { state, actor, reason }) };
  }

  @GrpcMethod('MigratorService', 'MapShards')
  async mapShards({ migrationId, runId, cells }: migratorV1.MapShardsRequest): Promise<migratorV1.MapShardsResponse> {
    return this.calls.shards.map.cells(migrationId, runId, cellsOf(cells), BYTE_COUNTERS);
  }

  @GrpcMethod('MigratorService', 'ListShards')
  async listShards(request: migratorV1.ListShardsRequest): Promise<migratorV1.ListShardsResponse> {
    const { migrationId, runId, pageSize, pageToken } = request;
    const state = shardStateFromProto(request.state);
    const found = await this.calls.shards.map.list(migrationId, runId, state, shardsOf(pageSize), pageToken);
    return { ...found, shards: found.shards.map(shardToProto) };
  }

  @GrpcMethod('MigratorService', 'AskCheck')
  async askCheck(request: migratorV1.AskCheckRequest): Promise<migratorV1.AskCheckResponse> {
    return { check: await this.checks().ask(request) };
  }

  @GrpcMethod('MigratorService', 'ListChecks')
  async listChecks({ migrationId }: migratorV1.ListChecksRequest): Promise<migratorV1.ListChecksResponse> {
    return { checks: await this.checks().list(migrationId) };
  }

  private checks(): CheckCalls {
    if (this.calls.checks) return this.calls.checks;
    throw new SmartantError('CHECKS_UNSUPPORTED', 'This migrator compares nothing beside its runs.', {
      kind: 'precondition',
      actor: 'bug',
      hint: 'Only migrations of databases have checks.',
    });
  }
}

function noFixes(): SmartantError {
  return new SmartantError('FIXES_UNSUPPORTED', 'Findings about this kind of endpoint have no fix that a program could run.', {
    kind: 'precondition',
    hint: 'Do what the findings say, then retry.',
  });
}

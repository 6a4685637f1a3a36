import { Inject } from '@nestjs/common';
import { GrpcMethod } from '@nestjs/microservices';
import type { notificationV1 } from '@smartant/contracts';
import { RpcController } from '@smartant/platform/grpc';
import type { NotifierUseCases } from '../../application/use-cases';
import { NOTIFIER_USE_CASES } from './channel-controller';
import { matchersOf, timeOf } from './request-from-proto';
import { matchToProto, routingToProto, silenceToProto } from './to-proto';

const SERVICE = 'NotificationService';

/** The routing and the silences of NotificationService. */
@RpcController()
export class RoutingController {
  constructor(@Inject(NOTIFIER_USE_CASES) private readonly useCases: NotifierUseCases) {}

  @GrpcMethod(SERVICE, 'GetRouting')
  async getRouting({ workspaceId }: notificationV1.GetRoutingRequest): Promise<notificationV1.GetRoutingResponse> {
    return { routing: routingToProto(workspaceId, await this.useCases.routing.get(workspaceId)) };
  }

  @GrpcMethod(SERVICE, 'PutRouting')
  async putRouting({
    workspaceId,
    ifVersion,
    document,
    actor,
  }: notificationV1.PutRoutingRequest): Promise<notificationV1.PutRoutingResponse> {
    return { routing: routingToProto(workspaceId, await this.useCases.routing.put(workspaceId, ifVersion, document ?? {}, actor)) };
  }

  @GrpcMethod(SERVICE, 'TestRouting')
  async testRouting({ workspaceId, labels, at }: notificationV1.TestRoutingRequest): Promise<notificationV1.TestRoutingResponse> {
    return { matches: (await this.useCases.routing.test(workspaceId, labels, timeOf(at, 'at'))).map(matchToProto) };
  }

  @GrpcMethod(SERVICE, 'PutSilence')
  async putSilence(request: notificationV1.PutSilenceRequest): Promise<notificationV1.PutSilenceResponse> {
    return { silence: silenceToProto(await this.useCases.silences.put({ ...request, matchers: matchersOf(request.matchers) })) };
  }

  @GrpcMethod(SERVICE, 'ExpireSilence')
  async expireSilence({ workspaceId, id }: notificationV1.ExpireSilenceRequest): Promise<notificationV1.ExpireSilenceResponse> {
    return { silence: silenceToProto(await this.useCases.silences.expire(workspaceId, id)) };
  }

  @GrpcMethod(SERVICE, 'ListSilences')
  async listSilences(request: notificationV1.ListSilencesRequest): Promise<notificationV1.ListSilencesResponse> {
    const { items, nextPageToken } = await this.useCases.silences.list(request.workspaceId, request.state, request);
    return { silences: items.map(silenceToProto), nextPageToken };
  }
}

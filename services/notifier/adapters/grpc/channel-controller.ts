import type { Metadata } from '@grpc/grpc-js';
import { Inject } from '@nestjs/common';
import { GrpcMethod } from '@nestjs/microservices';
import type { notificationV1 } from '@smartant/contracts';
import { RpcController, signalOf, type IncomingCall } from '@smartant/platform/grpc';
import type { NotifierUseCases } from '../../application/use-cases';
import { channelToProto, channelTypeToProto, deliveryToProto } from './to-proto';

export const NOTIFIER_USE_CASES = Symbol('smartant:notifier-use-cases');
const SERVICE = 'NotificationService';

/** The channels of NotificationService. */
@RpcController()
export class ChannelController {
  constructor(@Inject(NOTIFIER_USE_CASES) private readonly useCases: NotifierUseCases) {}

  @GrpcMethod(SERVICE, 'ListChannelTypes')
  listChannelTypes(): notificationV1.ListChannelTypesResponse {
    return { types: this.useCases.channels.types().map(channelTypeToProto) };
  }

  @GrpcMethod(SERVICE, 'PutChannel')
  async putChannel(request: notificationV1.PutChannelRequest): Promise<notificationV1.PutChannelResponse> {
    return { channel: channelToProto(await this.useCases.channels.put({ ...request, settings: request.settings ?? {} })) };
  }

  @GrpcMethod(SERVICE, 'DescribeChannel')
  async describeChannel({ workspaceId, id }: notificationV1.DescribeChannelRequest): Promise<notificationV1.DescribeChannelResponse> {
    return { channel: channelToProto(await this.useCases.channels.get(workspaceId, id)) };
  }

  @GrpcMethod(SERVICE, 'ListChannels')
  async listChannels(request: notificationV1.ListChannelsRequest): Promise<notificationV1.ListChannelsResponse> {
    const { items, nextPageToken } = await this.useCases.channels.list(request.workspaceId, request);
    return { channels: items.map(channelToProto), nextPageToken };
  }

  @GrpcMethod(SERVICE, 'DeleteChannel')
  async deleteChannel({ workspaceId, id }: notificationV1.DeleteChannelRequest): Promise<notificationV1.DeleteChannelResponse> {
    await this.useCases.channels.remove(workspaceId, id);
    return {};
  }

  @GrpcMethod(SERVICE, 'TestChannel')
  async testChannel(
    { workspaceId, id }: notificationV1.TestChannelRequest,
    _metadata: Metadata,
    call: IncomingCall,
  ): Promise<notificationV1.TestChannelResponse> {
    return { delivery: deliveryToProto(await this.useCases.deliveries.test(workspaceId, id, signalOf(call))) };
  }
}

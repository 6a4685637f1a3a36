import { Inject } from '@nestjs/common';
import { GrpcMethod } from '@nestjs/microservices';
import type { notificationV1 } from '@smartant/contracts';
import { RpcController } from '@smartant/platform/grpc';
import type { NotifierUseCases } from '../../application/use-cases';
import { NOTIFIER_USE_CASES } from './channel-controller';
import { alertToProto, deliveryToProto } from './to-proto';

const SERVICE = 'NotificationService';

/** The alerts of NotificationService, and what was sent of them. */
@RpcController()
export class AlertController {
  constructor(@Inject(NOTIFIER_USE_CASES) private readonly useCases: NotifierUseCases) {}

  @GrpcMethod(SERVICE, 'ListAlerts')
  async listAlerts(request: notificationV1.ListAlertsRequest): Promise<notificationV1.ListAlertsResponse> {
    const { items, nextPageToken } = await this.useCases.alerts.list(request.workspaceId, request, request);
    return { alerts: items.map(alertToProto), nextPageToken };
  }

  @GrpcMethod(SERVICE, 'GetAlert')
  async getAlert({ workspaceId, id }: notificationV1.GetAlertRequest): Promise<notificationV1.GetAlertResponse> {
    return { alert: alertToProto(await this.useCases.alerts.get(workspaceId, id)) };
  }

  @GrpcMethod(SERVICE, 'AcknowledgeAlert')
  async acknowledgeAlert(request: notificationV1.AcknowledgeAlertRequest): Promise<notificationV1.AcknowledgeAlertResponse> {
    const { workspaceId, id, actor, comment } = request;
    return { alert: alertToProto(await this.useCases.alerts.acknowledge(workspaceId, id, actor, comment)) };
  }

  @GrpcMethod(SERVICE, 'ListDeliveries')
  async listDeliveries(request: notificationV1.ListDeliveriesRequest): Promise<notificationV1.ListDeliveriesResponse> {
    const { items, nextPageToken } = await this.useCases.deliveries.list(request.workspaceId, request, request);
    return { deliveries: items.map(deliveryToProto), nextPageToken };
  }

  @GrpcMethod(SERVICE, 'RetryDelivery')
  async retryDelivery({ workspaceId, id }: notificationV1.RetryDeliveryRequest): Promise<notificationV1.RetryDeliveryResponse> {
    return { delivery: deliveryToProto(await this.useCases.deliveries.retry(workspaceId, id)) };
  }
}

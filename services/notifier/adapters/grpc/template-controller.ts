import { Inject } from '@nestjs/common';
import { GrpcMethod } from '@nestjs/microservices';
import type { notificationV1 } from '@smartant/contracts';
import { RpcController } from '@smartant/platform/grpc';
import type { NotifierUseCases } from '../../application/use-cases';
import { NOTIFIER_USE_CASES } from './channel-controller';
import { templateToProto } from './to-proto';

const SERVICE = 'NotificationService';

/** The templates of NotificationService. */
@RpcController()
export class TemplateController {
  constructor(@Inject(NOTIFIER_USE_CASES) private readonly useCases: NotifierUseCases) {}

  @GrpcMethod(SERVICE, 'ListTemplates')
  async listTemplates({ workspaceId }: notificationV1.ListTemplatesRequest): Promise<notificationV1.ListTemplatesResponse> {
    return { templates: (await this.useCases.templates.list(workspaceId)).map(templateToProto) };
  }

  @GrpcMethod(SERVICE, 'PutTemplate')
  async putTemplate({ ifVersion, actor, ...draft }: notificationV1.PutTemplateRequest): Promise<notificationV1.PutTemplateResponse> {
    return { template: templateToProto(await this.useCases.templates.put(draft, ifVersion, actor)) };
  }

  @GrpcMethod(SERVICE, 'DeleteTemplate')
  async deleteTemplate(request: notificationV1.DeleteTemplateRequest): Promise<notificationV1.DeleteTemplateResponse> {
    await this.useCases.templates.remove(request.workspaceId, request.channelType, request.language);
    return {};
  }

  @GrpcMethod(SERVICE, 'PreviewTemplate')
  preview({ alertId, ...draft }: notificationV1.PreviewTemplateRequest): Promise<notificationV1.PreviewTemplateResponse> {
    return this.useCases.templates.preview(draft, alertId);
  }
}

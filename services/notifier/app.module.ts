import { Module, type DynamicModule } from '@nestjs/common';
import { AlertController } from './adapters/grpc/alert-controller';
import { ChannelController, NOTIFIER_USE_CASES } from './adapters/grpc/channel-controller';
import { RoutingController } from './adapters/grpc/routing-controller';
import { TemplateController } from './adapters/grpc/template-controller';
import type { NotifierUseCases } from './application/use-cases';

/** Serves a composed notifier over gRPC. */
@Module({})
export class AppModule {
  static with(useCases: NotifierUseCases): DynamicModule {
    return {
      module: AppModule,
      controllers: [ChannelController, RoutingController, AlertController, TemplateController],
      providers: [{ provide: NOTIFIER_USE_CASES, useValue: useCases }],
    };
  }
}

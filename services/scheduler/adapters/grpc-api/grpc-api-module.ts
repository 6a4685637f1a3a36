import { Module, type DynamicModule } from '@nestjs/common';
import { GRPC_USE_CASES, MigrationServiceController, type GrpcApiUseCases } from './migration-service-controller';

/** `MigrationService` on the application's gRPC server, which must be started with its service definition. */
@Module({})
export class GrpcApiModule {
  static register({ useCases }: { useCases: GrpcApiUseCases }): DynamicModule {
    return {
      module: GrpcApiModule,
      controllers: [MigrationServiceController],
      providers: [{ provide: GRPC_USE_CASES, useValue: useCases }],
    };
  }
}

import { Module, type DynamicModule } from '@nestjs/common';
import type { RefusalLog } from '../../application/audit/refusal-log';
import { GRPC_REFUSALS, GRPC_USE_CASES, MigrationServiceController, type GrpcApiUseCases } from './migration-service-controller';

export interface GrpcApiOptions {
  useCases: GrpcApiUseCases;
  /** Where refusals of use cases are noted. */
  refusals: Pick<RefusalLog, 'note'>;
}

/** `MigrationService` on the application's gRPC server, which must be started with its service definition. */
@Module({})
export class GrpcApiModule {
  static register({ useCases, refusals }: GrpcApiOptions): DynamicModule {
    return {
      module: GrpcApiModule,
      controllers: [MigrationServiceController],
      providers: [
        { provide: GRPC_USE_CASES, useValue: useCases },
        { provide: GRPC_REFUSALS, useValue: refusals },
      ],
    };
  }
}

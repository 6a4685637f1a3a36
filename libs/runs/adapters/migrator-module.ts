import { Module, type DynamicModule } from '@nestjs/common';
import type { MigratorCalls } from './grpc/migrator-calls';
import { MIGRATOR_CALLS, MigratorController } from './grpc/migrator-controller';

/** Serves a composed migrator over gRPC. */
@Module({})
export class MigratorModule {
  static with(calls: MigratorCalls): DynamicModule {
    return { module: MigratorModule, controllers: [MigratorController], providers: [{ provide: MIGRATOR_CALLS, useValue: calls }] };
  }
}

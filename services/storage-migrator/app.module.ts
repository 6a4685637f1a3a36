import { Module, type DynamicModule } from '@nestjs/common';
import { FAILURES, MigratorController, PROBING, RUN_CONTROL } from './adapters/grpc/migrator-controller';
import type { Migrator } from './compose-migrator';

/** Serves a composed migrator over gRPC. */
@Module({})
export class AppModule {
  static with({ runs, probing, failures }: Migrator): DynamicModule {
    return {
      module: AppModule,
      controllers: [MigratorController],
      providers: [
        { provide: RUN_CONTROL, useValue: runs },
        { provide: PROBING, useValue: probing },
        { provide: FAILURES, useValue: failures },
      ],
    };
  }
}

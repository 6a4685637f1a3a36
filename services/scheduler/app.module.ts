import { Module, type DynamicModule } from '@nestjs/common';
import { CredentialController } from './adapters/grpc/credential-controller';
import { GrpcApiModule } from './adapters/grpc-api';
import { HttpApiModule, type HttpApiOptions } from './adapters/http';
import type { RefusalLog } from './application/audit/refusal-log';
import { ResolveCredentials } from './application/credentials/resolve-credentials';

export interface AppOptions extends HttpApiOptions {
  credentials: ResolveCredentials;
  refusals: Pick<RefusalLog, 'note'>;
}

/** The edges of the scheduler: REST, MigrationService for internal clients, CredentialService for migrators. */
@Module({})
export class AppModule {
  static with({ credentials, ...http }: AppOptions): DynamicModule {
    return {
      module: AppModule,
      imports: [HttpApiModule.register(http), GrpcApiModule.register({ useCases: http.useCases, refusals: http.refusals })],
      controllers: [CredentialController],
      providers: [{ provide: ResolveCredentials, useValue: credentials }],
    };
  }
}

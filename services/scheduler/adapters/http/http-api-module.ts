import { Module, type DynamicModule } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import type { Request } from 'express';
import type { Identity } from '../../application/identity/identity';
import { FrontDoor } from './access/front-door';
import { RouteInventory } from './access/route-inventory';
import { EventStreams } from './answer/event-stream';
import { AlertRuleController } from './controllers/alert-rule-controller';
import { AuditController } from './controllers/audit-controller';
import { AccountController } from './controllers/account-controller';
import { BrowserSessionController } from './controllers/browser-session-controller';
import { ClientSpanController } from './controllers/client-span-controller';
import { DraftController } from './controllers/draft-controller';
import { EndpointController } from './controllers/endpoint-controller';
import { FileRootController } from './controllers/file-root-controller';
import { IdentityController } from './controllers/identity-controller';
import { ImageController } from './controllers/image-controller';
import { InvitationController } from './controllers/invitation-controller';
import { LimitController } from './controllers/limit-controller';
import { MemberController } from './controllers/member-controller';
import { CheckController } from './controllers/check-controller';
import { MigrationActionController } from './controllers/migration-action-controller';
import { MigrationController } from './controllers/migration-controller';
import { notificationControllers } from './controllers/notification-controllers';
import { OidcController } from './controllers/oidc-controller';
import { OverviewController } from './controllers/overview-controller';
import { PlatformAlertController } from './controllers/platform-alert-controller';
import { PlatformController } from './controllers/platform-controller';
import { RecordController } from './controllers/record-controller';
import { ShardController } from './controllers/shard-controller';
import { VaultController } from './controllers/vault-controller';
import { ServiceAccountController } from './controllers/service-account-controller';
import { WorkspaceController } from './controllers/workspace-controller';
import { SecondFactorController } from './controllers/second-factor-controller';
import { SigningKeyController } from './controllers/signing-key-controller';
import { IDENTITY, LOGGER, OPTIONS, USE_CASES, type HttpApiOptions } from './http-api-options';
import { ProblemFilter } from './problem/problem-filter';
import { requestState } from './request/request-state';
import { ALL_ROUTES } from './routes/all-routes';

/** Raises TOKEN_REVOKED or WORKSPACE_DISABLED once the caller of a stream may not act any more. */
async function confirmCaller({ standings }: Identity, request: Request): Promise<void> {
  const { subject } = requestState(request);
  if (subject) await standings.confirm(subject);
}

/** The REST API. The application also needs `configureHttpApi`, and `bodyParser: false` at its creation. */
@Module({})
export class HttpApiModule {
  static register(options: HttpApiOptions): DynamicModule {
    return {
      module: HttpApiModule,
      imports: [DiscoveryModule],
      controllers: [
        IdentityController,
        BrowserSessionController,
        AccountController,
        SecondFactorController,
        SigningKeyController,
        OidcController,
        EndpointController,
        FileRootController,
        LimitController,
        MigrationController,
        MigrationActionController,
        CheckController,
        ShardController,
        OverviewController,
        DraftController,
        ImageController,
        WorkspaceController,
        MemberController,
        InvitationController,
        ServiceAccountController,
        PlatformController,
        ClientSpanController,
        AlertRuleController,
        PlatformAlertController,
        AuditController,
        RecordController,
        VaultController,
        ...notificationControllers,
      ],
      providers: [
        { provide: OPTIONS, useValue: options },
        { provide: USE_CASES, useValue: options.useCases },
        { provide: IDENTITY, useValue: options.identity },
        { provide: LOGGER, useValue: options.logger },
        { provide: FrontDoor, useFactory: () => new FrontDoor(options.gate, options.identity, ALL_ROUTES, options) },
        { provide: EventStreams, useFactory: () => new EventStreams({}, (request) => confirmCaller(options.identity, request)) },
        ProblemFilter,
        RouteInventory,
      ],
      exports: [OPTIONS, FrontDoor, ProblemFilter, RouteInventory],
    };
  }
}

import type { RouteDefinition } from '../route-definition';
import { alertRuleRoutes } from './alert-rule-routes';
import { auditRoutes } from './audit-routes';
import { accountRoutes } from './account-routes';
import { browserSessionRoutes } from './browser-session-routes';
import { checkRoutes } from './check-routes';
import { clientSpanRoutes } from './client-span-routes';
import { draftRoutes } from './draft-routes';
import { endpointRoutes } from './endpoint-routes';
import { identityRoutes } from './identity-routes';
import { imageRoutes } from './image-routes';
import { invitationRoutes } from './invitation-routes';
import { limitRoutes } from './limit-routes';
import { memberRoutes } from './member-routes';
import { migrationActionRoutes } from './migration-action-routes';
import { migrationRoutes } from './migration-routes';
import { oidcRoutes } from './oidc-routes';
import { overviewRoutes } from './overview-routes';
import { notificationRoutes } from './notification-routes';
import { platformRoutes } from './platform-routes';
import { vaultRoutes } from './vault-routes';
import { recordRoutes } from './record-routes';
import { shardRoutes } from './shard-routes';
import { serviceAccountRoutes } from './service-account-routes';
import { workspaceRoutes } from './workspace-routes';
import { secondFactorRoutes } from './second-factor-routes';
import { signingKeyRoutes } from './signing-key-routes';

/** Every operation of the API, in the order of the document. A test holds it to the routes that the controllers serve. */
export const ALL_ROUTES: readonly RouteDefinition[] = [
  ...identityRoutes,
  ...browserSessionRoutes,
  ...accountRoutes,
  ...secondFactorRoutes,
  ...signingKeyRoutes,
  ...oidcRoutes,
  ...endpointRoutes,
  ...limitRoutes,
  ...migrationRoutes,
  ...migrationActionRoutes,
  ...checkRoutes,
  ...shardRoutes,
  ...overviewRoutes,
  ...draftRoutes,
  ...imageRoutes,
  ...notificationRoutes,
  ...alertRuleRoutes,
  ...recordRoutes,
  ...auditRoutes,
  ...workspaceRoutes,
  ...memberRoutes,
  ...invitationRoutes,
  ...serviceAccountRoutes,
  ...platformRoutes,
  ...clientSpanRoutes,
  ...vaultRoutes,
];

import type { RouteDefinition } from '../route-definition';
import { endpointRoutes } from './endpoint-routes';
import { identityRoutes } from './identity-routes';
import { invitationRoutes } from './invitation-routes';
import { limitRoutes } from './limit-routes';
import { memberRoutes } from './member-routes';
import { migrationActionRoutes } from './migration-action-routes';
import { migrationRoutes } from './migration-routes';
import { platformRoutes } from './platform-routes';
import { serviceAccountRoutes } from './service-account-routes';
import { workspaceRoutes } from './workspace-routes';

/** Every operation of the API, in the order of the document. A test holds it to the routes that the controllers serve. */
export const ALL_ROUTES: readonly RouteDefinition[] = [
  ...identityRoutes,
  ...endpointRoutes,
  ...limitRoutes,
  ...migrationRoutes,
  ...migrationActionRoutes,
  ...workspaceRoutes,
  ...memberRoutes,
  ...invitationRoutes,
  ...serviceAccountRoutes,
  ...platformRoutes,
];

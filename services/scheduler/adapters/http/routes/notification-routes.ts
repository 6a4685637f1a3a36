import type { RouteDefinition } from '../route-definition';
import { alertRoutes } from './alert-routes';
import { alertRoutingRoutes } from './alert-routing-routes';
import { notificationChannelRoutes } from './notification-channel-routes';
import { IN_WORKSPACE, OF_PLATFORM, type NotificationRoutePlace } from './notification-place';
import { notificationTemplateRoutes } from './notification-template-routes';

function notificationRoutesAt<P extends string>(place: NotificationRoutePlace<P>) {
  return {
    ...notificationChannelRoutes(place),
    ...alertRoutingRoutes(place),
    ...alertRoutes(place),
    ...notificationTemplateRoutes(place),
  };
}

export const platformNotifications = notificationRoutesAt(OF_PLATFORM);

/** What handlers of both places are written for: they use nothing of a path but the object in it. */
export type NotificationRoutes = typeof platformNotifications;

export const workspaceNotifications = notificationRoutesAt(IN_WORKSPACE) as unknown as NotificationRoutes;

export const notificationRoutes: readonly RouteDefinition[] = [
  ...Object.values(workspaceNotifications),
  ...Object.values(platformNotifications),
];

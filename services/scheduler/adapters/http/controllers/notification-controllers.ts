import type { Type } from '@nestjs/common';
import { platformNotifications, workspaceNotifications } from '../routes/notification-routes';
import { alertController } from './alert-controller';
import { alertRoutingController } from './alert-routing-controller';
import { notificationChannelController } from './notification-channel-controller';
import { notificationTemplateController } from './notification-template-controller';

/** The same handlers twice: for workspaces, and for the platform as a whole. */
export const notificationControllers: Type[] = [
  notificationChannelController,
  notificationTemplateController,
  alertRoutingController,
  alertController,
].flatMap((make) => [make(workspaceNotifications, 'notifications'), make(platformNotifications, 'platformNotifications')]);

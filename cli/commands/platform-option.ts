import type { Command } from 'commander';
import type { NotificationApi } from '../api/notification-api';
import type { Invocation, Runner } from '../invocation';

/** Of commands about notifications: the workspace's own, or the platform's. */
export interface PlatformOption {
  platform?: boolean;
}

export function addPlatformOption(command: Command, runner: Runner): Command {
  return command.option('--platform', runner.context.messages.notifications.help.platform);
}

export function notificationsOf({ api }: Invocation, { platform }: PlatformOption): NotificationApi {
  return api.notifications(platform === true);
}

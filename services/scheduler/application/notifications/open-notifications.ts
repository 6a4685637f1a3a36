import { alertUseCases } from './alert-use-cases';
import { channelUseCases } from './channel-use-cases';
import { NotificationPlace, type NotificationOptions } from './notification-place';
import type { NotificationUseCases } from './notification-use-cases';
import { routingUseCases } from './routing-use-cases';
import { silenceUseCases } from './silence-use-cases';
import { templateUseCases } from './template-use-cases';

/** The same use cases for workspaces and for the platform as a whole. */
export function openNotifications(options: NotificationOptions): {
  notifications: NotificationUseCases;
  platformNotifications: NotificationUseCases;
} {
  return {
    notifications: useCasesAt(new NotificationPlace(options, false)),
    platformNotifications: useCasesAt(new NotificationPlace(options, true)),
  };
}

function useCasesAt(place: NotificationPlace): NotificationUseCases {
  return {
    ...channelUseCases(place),
    ...routingUseCases(place),
    ...silenceUseCases(place),
    ...alertUseCases(place),
    ...templateUseCases(place),
  };
}

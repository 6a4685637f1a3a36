import { pageSizeOf } from '../paging';
import { alertTarget, deliveryTarget } from './notification-details';
import type { NotificationPlace } from './notification-place';
import type { NotificationUseCases } from './notification-use-cases';

type AlertUseCases = Pick<NotificationUseCases, 'listAlerts' | 'getAlert' | 'acknowledgeAlert' | 'listDeliveries' | 'retryDelivery'>;

export function alertUseCases(place: NotificationPlace): AlertUseCases {
  const { desk } = place;
  return {
    listAlerts: async (caller, filter, page) =>
      desk.listAlerts(place.ownerFor(caller, 'read'), filter, { pageSize: pageSizeOf(page), pageToken: page.pageToken ?? '' }),
    getAlert: async (caller, id) => desk.getAlert(place.ownerFor(caller, 'read'), id),
    acknowledgeAlert: async (caller, id, comment) => {
      const owner = place.ownerFor(caller, 'operate');
      const alert = await desk.acknowledgeAlert(owner, id, comment, place.actorOf(caller));
      const { severity, migrationId, acknowledgedAt } = alert;
      await place.record(caller, 'alert.acknowledge', alertTarget(alert), null, { severity, migrationId, acknowledgedAt, comment });
      return alert;
    },
    listDeliveries: async (caller, filter, page) =>
      desk.listDeliveries(place.ownerFor(caller, 'read'), filter, { pageSize: pageSizeOf(page), pageToken: page.pageToken ?? '' }),
    retryDelivery: async (caller, id) => {
      const owner = place.ownerFor(caller, 'operate');
      const delivery = await desk.retryDelivery(owner, id, place.actorOf(caller));
      await place.record(caller, 'notification-delivery.retry', deliveryTarget(delivery), null, { channelId: delivery.channelId });
      return delivery;
    },
  };
}

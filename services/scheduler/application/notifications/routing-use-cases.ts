import { ROUTING_TARGET, routingDetail } from './notification-details';
import type { NotificationPlace } from './notification-place';
import type { NotificationUseCases } from './notification-use-cases';

export function routingUseCases(place: NotificationPlace): Pick<NotificationUseCases, 'getRouting' | 'updateRouting' | 'testRouting'> {
  const { desk } = place;
  return {
    getRouting: async (caller) => desk.getRouting(place.ownerFor(caller, 'read')),
    updateRouting: async (caller, document, { expectedVersion }) => {
      const owner = place.ownerFor(caller, 'configure');
      const before = await desk.getRouting(owner);
      const after = await desk.replaceRouting(owner, expectedVersion ?? before.version, document, place.actorOf(caller));
      await place.record(caller, 'alert-routing.update', ROUTING_TARGET, routingDetail(before), routingDetail(after));
      return after;
    },
    testRouting: async (caller, { labels, at = '' }) => desk.testRouting(place.ownerFor(caller, 'read'), labels, at),
  };
}

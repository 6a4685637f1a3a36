import { pageSizeOf } from '../paging';
import { channelDetail, channelTarget } from './notification-details';
import type { NotificationPlace } from './notification-place';
import type { NotificationUseCases } from './notification-use-cases';

type ChannelUseCases = Pick<
  NotificationUseCases,
  'listChannelTypes' | 'createChannel' | 'listChannels' | 'getChannel' | 'updateChannel' | 'removeChannel' | 'testChannel'
>;

export function channelUseCases(place: NotificationPlace): ChannelUseCases {
  const { desk } = place;
  return {
    listChannelTypes: async (caller) => {
      place.ownerFor(caller, 'read');
      return desk.listChannelTypes();
    },
    createChannel: async (caller, input, requestId) => {
      const owner = place.ownerFor(caller, 'configure');
      return place.create(caller, {
        kind: 'notification-channel',
        content: input,
        requestId,
        create: (id) => desk.createChannel(owner, input, place.actorOf(caller), id),
        name: ({ name }) => name,
        detail: channelDetail,
      });
    },
    listChannels: async (caller, page) =>
      desk.listChannels(place.ownerFor(caller, 'read'), { pageSize: pageSizeOf(page), pageToken: page.pageToken ?? '' }),
    getChannel: async (caller, id) => desk.getChannel(place.ownerFor(caller, 'read'), id),
    updateChannel: async (caller, id, input, { expectedVersion }) => {
      const owner = place.ownerFor(caller, 'configure');
      const before = await desk.getChannel(owner, id);
      const after = await desk.replaceChannel(owner, id, expectedVersion ?? before.version, input, place.actorOf(caller));
      const detail = { ...channelDetail(after), secretsChanged: Object.keys(input.secrets) };
      await place.record(caller, 'notification-channel.update', channelTarget(after), channelDetail(before), detail);
      return after;
    },
    removeChannel: async (caller, id) => {
      const owner = place.ownerFor(caller, 'configure');
      const channel = await desk.getChannel(owner, id);
      await desk.removeChannel(owner, id, place.actorOf(caller));
      await place.record(caller, 'notification-channel.remove', channelTarget(channel), channelDetail(channel), null);
    },
    testChannel: async (caller, id) => {
      const owner = place.ownerFor(caller, 'operate');
      const channel = await desk.getChannel(owner, id);
      const delivery = await desk.testChannel(owner, id, place.actorOf(caller));
      await place.record(caller, 'notification-channel.test', channelTarget(channel), null, {
        deliveryId: delivery.id,
        state: delivery.state,
      });
      return delivery;
    },
  };
}

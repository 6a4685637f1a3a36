import { pageSizeOf } from '../paging';
import type { Silence } from '../ports/notification-desk';
import { silenceDetail, silenceTarget } from './notification-details';
import type { NotificationPlace } from './notification-place';
import type { NotificationUseCases } from './notification-use-cases';

type SilenceUseCases = Pick<NotificationUseCases, 'createSilence' | 'listSilences' | 'updateSilence' | 'expireSilence'>;

export function silenceUseCases(place: NotificationPlace): SilenceUseCases {
  const { desk } = place;
  return {
    createSilence: async (caller, wish, requestId) => {
      const owner = place.ownerFor(caller, 'operate');
      const input = { ...wish, startsAt: wish.startsAt ?? place.nowIso() };
      return place.create<Silence>(caller, {
        kind: 'silence',
        content: wish,
        requestId,
        create: (id) => desk.createSilence(owner, input, place.actorOf(caller), id),
        name: () => null,
        detail: silenceDetail,
      });
    },
    listSilences: async (caller, { state = '' }, page) =>
      desk.listSilences(place.ownerFor(caller, 'read'), state, { pageSize: pageSizeOf(page), pageToken: page.pageToken ?? '' }),
    updateSilence: async (caller, id, wish) => {
      const owner = place.ownerFor(caller, 'operate');
      const input = { ...wish, startsAt: wish.startsAt ?? place.nowIso() };
      const after = await desk.replaceSilence(owner, id, input, place.actorOf(caller));
      await place.record(caller, 'silence.update', silenceTarget(after), null, silenceDetail(after));
      return after;
    },
    expireSilence: async (caller, id) => {
      const owner = place.ownerFor(caller, 'operate');
      const after = await desk.expireSilence(owner, id, place.actorOf(caller));
      await place.record(caller, 'silence.expire', silenceTarget(after), null, silenceDetail(after));
      return after;
    },
  };
}

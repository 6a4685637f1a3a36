import { SmartantError } from '@smartant/kernel';
import type { Channel, NotificationApi } from '../api/notification-api';

/** By id or name. Raises CLI_CHANNEL_NOT_FOUND. */
export async function findChannel(api: NotificationApi, idOrName: string): Promise<Channel> {
  const channels = await api.channels();
  const found = channels.find(({ id }) => id === idOrName) ?? channels.find(({ name }) => name === idOrName);
  if (found) return found;
  throw new SmartantError('CLI_CHANNEL_NOT_FOUND', `There is no channel "${idOrName}".`, {
    kind: 'not-found',
    hint: 'See "smartant channel list", with --platform for those of the platform.',
  });
}

import type { PageEntry } from '../../page-entry';

export const channels: PageEntry = {
  path: '/alerts/channels',
  title: { en: 'Channels', 'zh-CN': '通知渠道' },
  load: () => import('./page'),
  permission: 'notification:read',
};

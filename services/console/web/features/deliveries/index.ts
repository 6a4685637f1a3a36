import type { PageEntry } from '../../page-entry';

export const deliveries: PageEntry = {
  path: '/alerts/deliveries',
  title: { en: 'Sent messages', 'zh-CN': '发送记录' },
  load: () => import('./page'),
  permission: 'notification:read',
};

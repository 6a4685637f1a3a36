import type { PageEntry } from '../../page-entry';

export const messageTemplates: PageEntry = {
  path: '/alerts/templates',
  title: { en: 'Templates of messages', 'zh-CN': '消息模板' },
  load: () => import('./page'),
  permission: 'notification:read',
};

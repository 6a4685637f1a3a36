import type { PageEntry } from '../../page-entry';

export const alertRouting: PageEntry = {
  path: '/alerts/routing',
  title: { en: 'Routing of alerts', 'zh-CN': '告警路由' },
  load: () => import('./page'),
  permission: 'notification:read',
};

import type { PageEntry } from '../../page-entry';

export const silences: PageEntry = {
  path: '/alerts/silences',
  title: { en: 'Silences', 'zh-CN': '静默' },
  load: () => import('./page'),
  permission: 'notification:read',
};

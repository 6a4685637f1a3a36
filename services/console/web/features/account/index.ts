import type { PageEntry } from '../../page-entry';

export const account: PageEntry = {
  path: '/account',
  title: { en: 'Your account', 'zh-CN': '我的账号' },
  load: () => import('./page'),
  permission: 'account:manage',
};

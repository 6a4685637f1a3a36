import type { PageEntry } from '../../page-entry';

export const alertRules: PageEntry = {
  path: '/alerts/rules',
  title: { en: 'Alert rules', 'zh-CN': '告警规则' },
  load: () => import('./page'),
  permission: 'alert-rule:read',
};

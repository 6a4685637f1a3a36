import BellOutlined from '@ant-design/icons/BellOutlined';
import type { PageEntry } from '../../page-entry';

export const alerts: PageEntry = {
  path: '/alerts',
  title: { en: 'Alerts', 'zh-CN': '告警' },
  load: () => import('./page'),
  menu: { icon: BellOutlined, order: 50, mark: () => import('./parts/firing-count') },
  permission: 'notification:read',
};

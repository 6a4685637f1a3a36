import DashboardOutlined from '@ant-design/icons/DashboardOutlined';
import type { PageEntry } from '../../page-entry';

export const dashboard: PageEntry = {
  path: '/',
  title: { en: 'Overview', 'zh-CN': '概览' },
  load: () => import('./page'),
  menu: { icon: DashboardOutlined, order: 10 },
  permission: 'migration:read',
};

import AppstoreOutlined from '@ant-design/icons/AppstoreOutlined';
import type { PageEntry } from '../../page-entry';

export const adminWorkspaces: PageEntry = {
  path: '/admin/workspaces',
  title: { en: 'All workspaces', 'zh-CN': '所有工作空间' },
  load: () => import('./page'),
  menu: { icon: AppstoreOutlined, order: 92 },
  permission: 'workspace:manage',
};

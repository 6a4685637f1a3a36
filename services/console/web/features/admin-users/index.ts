import UserSwitchOutlined from '@ant-design/icons/UserSwitchOutlined';
import type { PageEntry } from '../../page-entry';

export const adminUsers: PageEntry = {
  path: '/admin/users',
  title: { en: 'All users', 'zh-CN': '所有用户' },
  load: () => import('./page'),
  menu: { icon: UserSwitchOutlined, order: 90 },
  permission: 'user:manage',
};

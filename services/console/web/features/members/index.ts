import TeamOutlined from '@ant-design/icons/TeamOutlined';
import type { PageEntry } from '../../page-entry';

export const members: PageEntry = {
  path: '/members',
  title: { en: 'Members', 'zh-CN': '成员' },
  load: () => import('./page'),
  menu: { icon: TeamOutlined, order: 70 },
  permission: 'member:manage',
};
